/**
 * Schema languages that answer what the recording shows. With them a replay holds the rules to the recording in every
 * step, however well the languages themselves are understood yet.
 */

import { compactJson } from '../../src/schema/json-text.ts';
import type { Canonical } from '../../src/schema/language.ts';
import { type SchemaPort, schemaLanguages } from '../../src/schema/schema-port.ts';
import type { Step } from './scenario.ts';

interface RecordedBody {
  readonly error_code?: number;
  readonly message?: string;
  readonly schema?: string;
  readonly references?: unknown;
  readonly is_compatible?: boolean;
  readonly messages?: readonly string[];
}

export function recordedLanguages(currentStep: () => Step): SchemaPort {
  const answer = (): RecordedBody => {
    const { response, responseText } = currentStep();
    return (response ?? JSON.parse(responseText ?? '{}')) as RecordedBody;
  };
  const sendsInlined = (): boolean =>
    answer().references !== undefined && !JSON.stringify(currentStep().body ?? {}).includes('"references"');
  return {
    canonicalize(schemaType, schema, references, options): Canonical {
      const { message, messages, schema: stored } = answer();
      const words = message ?? messages?.[0];
      if (words?.startsWith('Invalid schema ') === true) {
        const error = words.slice(words.lastIndexOf(', details: ') + ', details: '.length);
        return { error, phase: words.startsWith('Invalid schema {') ? 'validate' : 'parse' };
      }
      if (sendsInlined()) return { text: compactJson(schema) ?? schema };
      if (stored !== undefined && !currentStep().path.includes('format=')) return { text: stored };
      return schemaLanguages.canonicalize(schemaType, schema, references, options);
    },
    checkCompatibility() {
      const { error_code, message = '', is_compatible, messages } = answer();
      const details = message.slice(message.indexOf(', details: [') + ', details: ['.length, -1);
      const lines =
        error_code === 40901
          ? [details.slice(0, details.lastIndexOf(', {validateFields'))]
          : is_compatible === false
            ? (messages?.slice(0, -1) ?? ['not told'])
            : [];
      const isCompatible = lines.length === 0 && error_code !== 500;
      return { isCompatible, messages: lines, reasons: [], crashesConfluent: error_code === 500 };
    },
    format: (_schema, _format) => {
      const { response, responseText } = currentStep();
      return { text: answer().schema ?? responseText ?? JSON.stringify(response) };
    },
    equalsInlined: (_type, schema, _stored, references) =>
      sendsInlined() && references.every((reference) => schema.includes(reference.schema)),
  };
}
