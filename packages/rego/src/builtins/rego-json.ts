import { Buffer } from 'node:buffer'
import { BuiltinError, codePoints, type Machine } from '../machine.ts'
import { numberFromText, objectOf, type RegoObject, type Value } from '../value.ts'
import type { Module } from './rego-module.ts'
import type { Body, Expr, Head, Rule, Statement, Term } from './rego-nodes.ts'

/**
 * OPA's JSON of a module: terms with their types, comments with their places, no other places. No deeper than the
 * parser goes.
 */
export class RegoJson {
  private readonly m: Machine

  constructor(m: Machine) {
    this.m = m
  }

  module(module: Module, filename: string, source: string): RegoObject {
    const comments = this.comments(module, filename, source)
    const imports = module.imports.map(({ path, alias }) =>
      this.node({ path: this.term({ kind: 'ref', terms: path }), alias: alias && this.text(alias) }),
    )
    const rules = module.rules.map((rule) => this.rule(rule))
    return this.node({
      package: this.node({ path: this.terms(module.path) }),
      imports: imports.length > 0 ? imports : undefined,
      rules: rules.length > 0 ? rules : undefined,
      comments: comments.length > 0 ? comments : undefined,
    })
  }

  private node(fields: Readonly<Record<string, Value | undefined>>): RegoObject {
    this.m.spend(8)
    const entries = Object.entries(fields).filter((entry): entry is [string, Value] => entry[1] !== undefined)
    return objectOf(entries)
  }

  /** OPA reads its own JSON again as Rego, where a byte-order mark may not be. */
  private text(text: string): string {
    if (text.includes('\ufeff')) throw new BuiltinError('illegal byte-order mark')
    return text
  }

  private comments(module: Module, filename: string, source: string): Value[] {
    const tokens = []
    for (let list = module.comments; list !== undefined; list = list.before) tokens.push(list.token)
    let row = 1
    let line = 0
    return tokens.toReversed().map(({ start, end }) => {
      for (let at = source.indexOf('\n', line); at >= 0 && at < start; at = source.indexOf('\n', line)) {
        row++
        line = at + 1
      }
      const col = codePoints(source.slice(line, start)) + 1
      const Text = commentText(source.slice(start + 1, end), end === source.length)
      return this.node({ Text, Location: this.node({ file: this.text(filename), row, col }) })
    })
  }

  private rule(rule: Rule): RegoObject {
    return this.node({
      body: this.body(rule.body),
      default: rule.isDefault || undefined,
      else: rule.otherwise && this.rule(rule.otherwise),
      head: this.head(rule.head),
    })
  }

  private head(head: Head): RegoObject {
    return this.node({
      name: head.name === '' ? undefined : head.name,
      args: head.args === undefined || head.args.length === 0 ? undefined : this.terms(head.args),
      key: head.key && this.term(head.key),
      value: head.value && this.term(head.value),
      assign: head.assign || undefined,
      ref: this.terms(head.ref),
    })
  }

  private body(body: Body): Value[] {
    return body.map((one) => this.expr(one))
  }

  private expr(one: Expr): RegoObject {
    const withs = one.withs.map(({ target, value }) =>
      this.node({ target: this.term(target), value: this.term(value) }),
    )
    return this.node({
      index: one.index,
      terms: this.statement(one.says),
      with: withs.length > 0 ? withs : undefined,
      negated: one.negated || undefined,
      generated: one.generated || undefined,
    })
  }

  private statement(says: Statement): Value {
    switch (says.kind) {
      case 'term':
        return this.term(says.term)
      case 'call':
        return this.terms(says.terms)
      case 'some':
        return this.node({ symbols: this.terms(says.symbols) })
      case 'not':
        return this.node({ type: 'not', body: this.body(says.body), explicit_body: says.explicit })
      case 'and':
      case 'or':
        return this.node({
          type: says.kind,
          lhs: this.body(says.lhs.body),
          rhs: this.body(says.rhs.body),
          explicit_lhs: says.lhs.explicit || undefined,
          explicit_rhs: says.rhs.explicit || undefined,
        })
      case 'every':
        return this.node({
          key: says.key === undefined ? null : this.term(says.key),
          value: this.term(says.value),
          domain: this.term(says.domain),
          body: this.body(says.body),
        })
    }
  }

  private terms(terms: readonly Term[]): Value[] {
    return terms.map((term) => this.term(term))
  }

  private term(term: Term): RegoObject {
    return this.node({ type: term.kind, value: this.value(term) })
  }

  private value(term: Term): Value {
    switch (term.kind) {
      case 'null':
        return this.node({})
      case 'boolean':
        return term.value
      case 'number':
        return numberFromText(term.text)
      case 'string':
        return this.text(term.value)
      case 'var':
        return term.name
      case 'ref':
      case 'array':
      case 'set':
      case 'call':
        return this.terms(term.terms)
      case 'object':
        return term.pairs.map((pair) => this.terms(pair))
      case 'templatestring': {
        const parts = term.parts.map((part) => (part.kind === 'expr' ? this.expr(part) : this.term(part)))
        return this.node({ parts: parts.length > 0 ? parts : null, multi_line: term.multiLine })
      }
      case 'objectcomprehension':
        return this.node({ key: this.term(term.key), value: this.term(term.value), body: this.body(term.body) })
      case 'arraycomprehension':
      case 'setcomprehension':
        return this.node({ term: this.term(term.term), body: this.body(term.body) })
    }
  }
}

/** A comment's bytes in base64, without the carriage returns before its end. */
function commentText(text: string, isLast: boolean): Value {
  if (text === '\r') return null
  let bytes = Buffer.from(text)
  // At the end of the source OPA counts the last character as one byte.
  const last = /[\ud800-\udbff][\udc00-\udfff]$/.test(text) ? text.slice(-2) : text.slice(-1)
  if (isLast) bytes = bytes.subarray(0, bytes.length - Math.max(0, Buffer.byteLength(last) - 1))
  let { length } = bytes
  while (length > 1 && bytes[length - 1] === 13) length--
  return bytes.subarray(0, length).toString('base64')
}
