import { defineConfig } from 'vitest/config'

/**
 * Projects by what a test needs: `unit` needs nothing but Node, `process` starts whole programs (OPA, a language server, a packed package), `postgres` starts the embedded server,
 * `sandbox` needs Linux and git, `browser` needs Chromium, `architecture` reads the tree itself.
 * The limits are for a machine that is slow and busy: a test that hangs fails, a slow one does not.
 * A test's project is in its file name: `x.test.ts`, `x.process.test.ts`, `x.postgres.test.ts`, `x.sandbox.test.ts`, `x.browser.test.ts`.
 */
const exclude = ['**/node_modules/**', '**/dist/**']
export default defineConfig({
  test: {
    reporters: ['default', './tools/skip-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: [...exclude, '**/*.{process,postgres,sandbox,browser}.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'process',
          include: ['packages/*/src/**/*.process.test.ts', 'tests/**/*.process.test.ts'],
          exclude,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'postgres',
          include: ['packages/*/src/**/*.postgres.test.ts', 'tests/**/*.postgres.test.ts'],
          exclude,
          globalSetup: ['./tools/test-postgres.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'sandbox',
          include: ['packages/*/src/**/*.sandbox.test.ts', 'tests/**/*.sandbox.test.ts'],
          exclude,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['packages/*/src/**/*.browser.test.ts', 'tests/**/*.browser.test.ts'],
          exclude,
          globalSetup: ['./tools/test-postgres.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        test: {
          name: 'architecture',
          include: ['tests/architecture/**/*.test.ts'],
          exclude: [...exclude, '**/*.process.test.ts'],
          testTimeout: 60_000,
        },
      },
    ],
  },
})
