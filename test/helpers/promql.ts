/** What an expression of Prometheus reads, by the grammar that Prometheus itself has published. */
import { parser } from '@prometheus-io/lezer-promql'

export interface Selector {
  metric: string
  matchers: { label: string; operator: string; value: string }[]
}

export interface Reads {
  selectors: Selector[]
  /** Named by `by`, `on`, `group_left` and their like. */
  grouped: string[]
  /** Made by `label_replace`. */
  made: string[]
}

/** Throws where the expression can't be parsed. */
export function readsOf(expression: string): Reads {
  const reads: Reads = { selectors: [], grouped: [], made: [] }
  const text = (node: { from: number; to: number }): string => expression.slice(node.from, node.to)
  const unquoted = (node: { from: number; to: number }): string => text(node).slice(1, -1)
  parser.parse(expression).iterate({
    enter({ type, node }) {
      if (type.isError) throw new Error(`no PromQL at ${node.from}: ${expression}`)
      if (type.name === 'VectorSelector') {
        const identifier = node.getChild('Identifier')
        if (identifier === null) throw new Error(`a selector without a metric: ${expression}`)
        const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []
        reads.selectors.push({
          metric: text(identifier),
          matchers: matchers.map((matcher) => {
            const part = (name: string) => matcher.getChild(name) ?? matcher
            return {
              label: text(part('LabelName')),
              operator: text(part('MatchOp')),
              value: unquoted(part('StringLiteral')),
            }
          }),
        })
      }
      if (type.name === 'GroupingLabels') reads.grouped.push(...node.getChildren('LabelName').map(text))
      if (type.name === 'FunctionCall' && text(node).startsWith('label_replace')) {
        const [made] = node.getChild('FunctionCallBody')?.getChildren('StringLiteral') ?? []
        if (made !== undefined) reads.made.push(unquoted(made))
      }
    },
  })
  return reads
}
