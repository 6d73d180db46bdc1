/** The languages a registry knows, by type. */
import type { SchemaType } from '../model/schema-version.ts';
import { avroLanguage } from './avro/avro-language.ts';
import { jsonLanguage } from './json/json-language.ts';
import type { SchemaLanguage } from './language.ts';
import { protobufLanguage } from './protobuf/protobuf-language.ts';

const LANGUAGES: Readonly<Record<SchemaType, SchemaLanguage>> = {
  AVRO: avroLanguage,
  JSON: jsonLanguage,
  PROTOBUF: protobufLanguage,
};

export function languageOf(schemaType: SchemaType): SchemaLanguage {
  return LANGUAGES[schemaType];
}
