/** /config and /mode, globally and by subject or context. */
import type { JsonValue } from '../model/json.ts';
import { configToJson, decideDeleteConfig, decideUpdateConfig, readConfig } from '../semantics/config.ts';
import { internalError, isRefusal } from '../semantics/decision.ts';
import { decideDeleteMode, decideUpdateMode, readMode } from '../semantics/mode.ts';
import { type Faults, parseBody, readBoolean, readMetadataBody, readRuleSet, readString } from './body.ts';
import { type Answer, answer, type Call, json, type Route, refused } from './call.ts';
import { param, queryFlag } from './parameters.ts';
import { commit, type Registry } from './registry.ts';

export function settingsRoutes(registry: Registry): readonly Route[] {
  const { state, rules, clock } = registry;
  const nameOf = (call: Call): string => param(call, 'subject');

  const getConfig = (call: Call): Answer =>
    answer(readConfig(state, nameOf(call), queryFlag(call, 'defaultToGlobal')), (config) =>
      json(configToJson(config, 'compatibilityLevel')),
    );
  const putConfig = (call: Call): Answer => {
    const name = nameOf(call);
    const operation = name === '' ? 'updateTopLevelConfig' : 'updateSubjectLevelConfig';
    const body = parseBody(call.body, operation, 'ConfigUpdateRequest');
    if (isRefusal(body)) return refused(body);
    const faults: Faults = {};
    const changes = readConfigChanges(faults, body);
    if (faults.first !== undefined) return refused(faults.first);
    return answer(commit(registry, decideUpdateConfig(state, { name, changes, now: clock() }, rules)), (config) =>
      json(configToJson(config, 'compatibility')),
    );
  };
  const deleteConfig = (call: Call): Answer =>
    answer(commit(registry, decideDeleteConfig(state, { name: nameOf(call), now: clock() }, rules)), (config) =>
      json(configToJson(config, 'compatibilityLevel')),
    );

  const getMode = (call: Call): Answer =>
    answer(readMode(state, nameOf(call), queryFlag(call, 'defaultToGlobal')), (mode) => json({ mode }));
  const putMode = (call: Call): Answer => {
    const name = nameOf(call);
    const operation = name === '' ? 'updateTopLevelMode' : 'updateMode';
    const body = parseBody(call.body, operation, 'ModeUpdateRequest');
    if (isRefusal(body)) return refused(body);
    const faults: Faults = {};
    const mode = body['mode'] === null ? null : readString(faults, body['mode']);
    if (faults.first !== undefined) return refused(faults.first);
    // The server fails on a body that names no mode (observed).
    if (mode === undefined) return refused(internalError());
    const command = { name, mode, force: queryFlag(call, 'force'), now: clock() };
    return answer(commit(registry, decideUpdateMode(state, command, rules)), (set) =>
      json(set === null ? {} : { mode: set }),
    );
  };
  const deleteMode = (call: Call): Answer => {
    const command = { name: nameOf(call), recursive: queryFlag(call, 'recursive'), now: clock() };
    return answer(commit(registry, decideDeleteMode(state, command, rules)), (mode) => json({ mode }));
  };

  const config = { GET: getConfig, PUT: putConfig, DELETE: deleteConfig };
  const mode = { GET: getMode, PUT: putMode, DELETE: deleteMode };
  return [
    { path: '/config', methods: config },
    { path: '/config/:subject', methods: config },
    { path: '/mode', methods: mode },
    { path: '/mode/:subject', methods: mode },
  ];
}

const TEXT_FIELDS = ['alias', 'compatibility', 'compatibilityPolicy', 'compatibilityGroup'];
const FLAG_FIELDS = ['aliasForDeks', 'normalize', 'validateFields', 'validateNewSchemas', 'validateRules'];

/** The members a config has; others are ignored, `compatibilityLevel` too (observed). */
function readConfigChanges(faults: Faults, body: Readonly<Record<string, JsonValue>>): Record<string, JsonValue> {
  const changes: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(body)) {
    const read = value === null ? null : readConfigField(faults, name, value);
    if (read !== undefined && isConfigField(name)) changes[name] = read;
  }
  return changes;
}

function isConfigField(name: string): boolean {
  return (
    TEXT_FIELDS.includes(name) || FLAG_FIELDS.includes(name) || name.endsWith('Metadata') || name.endsWith('RuleSet')
  );
}

function readConfigField(faults: Faults, name: string, value: JsonValue): JsonValue | undefined {
  if (TEXT_FIELDS.includes(name)) return readString(faults, value);
  if (FLAG_FIELDS.includes(name)) return readBoolean(faults, value);
  if (name === 'defaultMetadata' || name === 'overrideMetadata') {
    return readMetadataBody(faults, value) as JsonValue | undefined;
  }
  if (name === 'defaultRuleSet' || name === 'overrideRuleSet')
    return readRuleSet(faults, value) as JsonValue | undefined;
  return undefined;
}
