import { defineConfig } from 'vitest/config'

const pure = ['test/unit/**/*.test.ts', 'test/architecture.test.ts']
const browser = ['test/e2e/**/*.test.ts']
// What is waited for comes when it comes: a busy machine is no failure.
const expectations = { poll: { timeout: 60_000 } }
const shared = { environment: 'node' as const, setupFiles: ['test/setup/no-console-error.ts'], expect: expectations }

export default defineConfig({
  test: {
    projects: [
      { test: { ...shared, name: 'unit', include: pure } },
      {
        test: {
          ...shared,
          name: 'integration',
          include: ['test/**/*.test.ts'],
          exclude: [...pure, ...browser],
          globalSetup: ['test/setup/stores.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
          retry: 1,
        },
      },
      {
        test: {
          ...shared,
          name: 'e2e',
          include: browser,
          testTimeout: 240_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
          retry: 1,
        },
      },
    ],
  },
})
