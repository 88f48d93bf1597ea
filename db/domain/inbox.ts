export const inboxStates = ['open', 'done', 'all'] as const
/** Whether somebody has dealt with what people complained about. */
export type InboxState = (typeof inboxStates)[number]

/** The inbox shows at most so many traces, the newest complaints first. */
export const inboxShows = 300

/** The window it shows where the URL names none: a preset of `timePresets`. */
export const inboxRange = '7d'
