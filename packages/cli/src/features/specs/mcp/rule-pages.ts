import { readFile } from 'node:fs/promises'
import { isRuleId, RULE_IDS, RULES, type RuleId } from '@gatehouse/core/specs/lint/rules'
import { ResourceNotFoundError, ResourceTemplate, type McpServer } from '@modelcontextprotocol/server'
import { rulePage } from '../spec-sarif.ts'
import { ruleInput } from './tool-inputs.ts'
import { ruleOutput } from './tool-outputs.ts'
import { READ_ONLY } from './tool-manner.ts'

const PAGES = new URL('../../../../../../docs/reference/spec-rules/', import.meta.url)
const MARKDOWN = 'text/markdown'

/** The page of a rule as it is published; where only the program is installed, its title and where the page is read. */
async function pageOf(rule: RuleId): Promise<string> {
  try {
    return await readFile(new URL(`${rule}.md`, PAGES), 'utf8')
  } catch {
    return `# ${RULES[rule].title}\n\n\`${rule}\`, ${RULES[rule].severity}. Its page with examples: ${rulePage(rule)}\n`
  }
}

function row(id: RuleId): { id: RuleId; severity: string; title: string; help: string } {
  return { id, severity: RULES[id].severity, title: RULES[id].title, help: rulePage(id) }
}

/** The tool `spec_rule` and the resources `gatehouse://rules/<id>`: our own words, nothing of the repository. */
export function serveRules(server: McpServer): void {
  server.registerTool(
    'spec_rule',
    {
      title: 'Explain a lint rule',
      description:
        'Explains a rule that a finding of spec_lint names: why it is there, a bad and a good example, what to do. Without a rule, lists all of them.',
      inputSchema: ruleInput,
      outputSchema: ruleOutput,
      annotations: READ_ONLY,
    },
    async ({ rule }) => {
      const rules = rule === undefined ? RULE_IDS.map(row) : [row(rule)]
      const page = rule === undefined ? null : await pageOf(rule)
      const text = page ?? rules.map(({ id, severity, title }) => `- ${id} (${severity}): ${title}`).join('\n')
      return { content: [{ type: 'text', text }], structuredContent: { rules, page } }
    },
  )
  server.registerResource(
    'rule',
    new ResourceTemplate('gatehouse://rules/{id}', {
      list: () => ({
        resources: RULE_IDS.map((id) => ({
          uri: `gatehouse://rules/${id}`,
          name: id,
          title: RULES[id].title,
          mimeType: MARKDOWN,
        })),
      }),
      complete: { id: (begun) => RULE_IDS.filter((id) => id.startsWith(begun)) },
    }),
    {
      title: 'Lint rule',
      description: 'The page of a lint rule: why it is there, a bad and a good example, what to do',
      mimeType: MARKDOWN,
    },
    async (uri, { id }) => {
      if (typeof id !== 'string' || !isRuleId(id)) throw new ResourceNotFoundError(uri.href)
      return { contents: [{ uri: uri.href, mimeType: MARKDOWN, text: await pageOf(id) }] }
    },
  )
}
