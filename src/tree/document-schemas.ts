/** The JSON Schemas of a tree's files, as the package publishes them (dist/tree/*.schema.json). */
import globalSchema from './global.schema.json' with { type: 'json' };
import manifestSchema from './manifest.schema.json' with { type: 'json' };
import metadataSchema from './metadata.schema.json' with { type: 'json' };
import settingsSchema from './settings.schema.json' with { type: 'json' };

export const DOCUMENT_SCHEMAS = {
  global: globalSchema,
  manifest: manifestSchema,
  metadata: metadataSchema,
  settings: settingsSchema,
} as const;
