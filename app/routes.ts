type Page = { path?: string; index?: boolean; file: string; children?: Page[] }

const page = (path: string, name: string, children?: Page[]): Page => ({
  path,
  file: `routes/${name}/route.tsx`,
  children,
})
const index = (name: string): Page => ({ index: true, file: `routes/${name}/route.tsx` })

const frame = (name: string, children: Page[]): Page => ({ file: `routes/${name}/route.tsx`, children })

/** The map of the dashboard: URL -> folder in app/routes. */
export default [
  index('home'),
  page('welcome', 'welcome'),
  page('sign-in', 'sign-in'),
  page('sign-in/elsewhere', 'sign-in-elsewhere'),
  page('sign-out', 'sign-out'),
  page('forgot-password', 'forgot-password'),
  page('reset-password', 'reset-password'),
  page('invite', 'invite'),
  page('account', 'account'),
  page('projects/new', 'new-project'),
  page('p/:projectId', 'project', [
    frame('project-page', [
      index('project-home'),
      page('overview', 'overview'),
      page('traces', 'traces'),
      page('traces/:traceId', 'trace'),
      page('inbox', 'inbox', [index('inbox-none'), page(':traceId', 'inbox-trace')]),
      page('runs', 'runs'),
      page('runs/:runId', 'run'),
      page('quality', 'quality'),
      page('quality/tools', 'quality-tools'),
      page('quality/tool', 'quality-tool'),
      page('alerts', 'alerts', [
        index('alerts-firing'),
        page('rules', 'alerts-rules'),
        page('silences', 'alerts-silences'),
        page('channels', 'alerts-channels'),
      ]),
      page('alerts/rules/:ruleId', 'alert-rule'),
      page('alerts/incidents/:incidentId', 'incident'),
      page('flags', 'flags'),
      page('flags/segments', 'segments'),
      page('flags/:flagKey', 'flag'),
      page('data-in', 'data-in'),
      page('settings', 'settings', [
        index('settings-project'),
        page('keys', 'settings-keys'),
        page('members', 'settings-members'),
        page('models', 'settings-models'),
        page('prices', 'settings-prices'),
        page('tools', 'settings-tools'),
        page('redaction', 'settings-redaction'),
        page('ai', 'settings-ai'),
        page('retention', 'settings-retention'),
        page('history', 'settings-history'),
        page('about', 'settings-about'),
      ]),
      page('*', 'not-found'),
    ]),
    page('badges', 'badges'),
    page('ai-state', 'ai-state'),
    page('flags/:flagKey/effect', 'flag-effect'),
    page('flags/:flagKey/comparison', 'flag-comparison'),
    page('flags/:flagKey/try', 'flag-try'),
    page('runs/older', 'runs-older'),
    page('traces/older', 'traces-older'),
    page('traces/facets', 'traces-facets'),
    page('traces/:traceId/spans/:spanId', 'trace-span'),
    page('traces/:traceId/spans/:spanId/payload', 'trace-payload'),
    page('traces/:traceId/growth', 'trace-growth'),
    page('traces/:traceId/export', 'trace-export'),
  ]),
] satisfies Page[]
