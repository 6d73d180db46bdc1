/** `ruleSet` of an answer → `RuleSet`. */
import type { SrgitError } from '../errors.ts';
import { isJsonObject, type JsonValue } from '../model/json.ts';
import type { Rule, RuleSet } from '../model/schema-version.ts';

const RULE_TEXTS = ['name', 'doc', 'kind', 'mode', 'type', 'expr', 'onSuccess', 'onFailure'] as const;
const RULE_LISTS = ['migrationRules', 'domainRules', 'encodingRules'] as const;

/** Undefined for an absent rule set; throws what `malformed` makes when it is none. */
export function readRuleSet(value: JsonValue | undefined, malformed: () => SrgitError): RuleSet | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) throw malformed();
  const lists: Partial<Record<(typeof RULE_LISTS)[number], readonly Rule[]>> = {};
  for (const name of RULE_LISTS) {
    const rules = value[name];
    if (rules === undefined || rules === null) continue;
    if (!Array.isArray(rules)) throw malformed();
    lists[name] = rules.map((rule: JsonValue) => readRule(rule, malformed));
  }
  const enableAt = value['enableAt'];
  // Java may show the instant as a number of milliseconds; the model, like the hash, holds text.
  const instant = typeof enableAt === 'number' ? String(enableAt) : enableAt;
  return { ...lists, ...(typeof instant === 'string' ? { enableAt: instant } : {}) };
}

function readRule(value: JsonValue, malformed: () => SrgitError): Rule {
  if (!isJsonObject(value)) throw malformed();
  const texts: Partial<Record<(typeof RULE_TEXTS)[number], string>> = {};
  for (const name of RULE_TEXTS) {
    const text = value[name];
    if (text === undefined || text === null) continue;
    if (typeof text !== 'string') throw malformed();
    texts[name] = text;
  }
  const { tags, params, disabled } = value;
  return {
    ...texts,
    ...(tags === undefined || tags === null ? {} : { tags: readTags(tags, malformed) }),
    ...(params === undefined || params === null ? {} : { params: readParams(params, malformed) }),
    ...(typeof disabled === 'boolean' ? { disabled } : {}),
  };
}

function readTags(value: JsonValue, malformed: () => SrgitError): readonly string[] {
  if (!Array.isArray(value) || !value.every((tag): tag is string => typeof tag === 'string')) throw malformed();
  return value;
}

function readParams(value: JsonValue, malformed: () => SrgitError): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) throw malformed();
  const params: [string, string][] = [];
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw malformed();
    params.push([key, text]);
  }
  return Object.fromEntries(params);
}
