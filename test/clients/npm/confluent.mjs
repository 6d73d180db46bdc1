/** @confluentinc/schemaregistry. */
import { readFileSync } from 'node:fs';
import { load, runTasks } from './tasks.mjs';

const {
  AvroDeserializer,
  AvroSerializer,
  HeaderSchemaIdSerializer,
  JsonDeserializer,
  JsonSerializer,
  ProtobufDeserializer,
  ProtobufSerializer,
  SchemaRegistryClient,
  SerdeType,
} = load('@confluentinc/schemaregistry');
const { createMutableRegistry, createRegistry, fromJson, toBinary, toJson } = load('@bufbuild/protobuf');
const { fileDesc } = load('@bufbuild/protobuf/codegenv2');
const { FileDescriptorProtoSchema, file_google_protobuf_timestamp } = load('@bufbuild/protobuf/wkt');

const newClient = ({ url }) => new SchemaRegistryClient({ baseURLs: [url], maxRetries: 0 });

/** The files as generated code makes them: from the bytes of their descriptors, adding JSON names. */
const files = new Map([['google/protobuf/timestamp.proto', file_google_protobuf_timestamp]]);
for (const file of JSON.parse(readFileSync(new URL('../shop/descriptors.json', import.meta.url), 'utf8'))) {
  const bytes = toBinary(FileDescriptorProtoSchema, fromJson(FileDescriptorProtoSchema, file));
  const imported = (file.dependency ?? []).map((name) => files.get(name));
  files.set(file.name, fileDesc(Buffer.from(bytes).toString('base64'), imported));
}
const descriptors = createRegistry(...files.values());

function messageOf(name) {
  const found = descriptors.getMessage(name);
  if (found === undefined) throw new Error(`no message ${name}`);
  return found;
}

const SERIALIZERS = { AVRO: AvroSerializer, JSON: JsonSerializer, PROTOBUF: ProtobufSerializer };
const DESERIALIZERS = { AVRO: AvroDeserializer, JSON: JsonDeserializer, PROTOBUF: ProtobufDeserializer };

const infoOf = ({ type, schema, references }) => ({ schemaType: type, schema, references });

/** Avro and JSON Schema would be guessed from the value: a schema of one's own is told by its id. */
async function configure(client, task) {
  const { type, how, topic } = task;
  if (how === 'latest') return { useLatestVersion: true };
  if (how === 'stable') return { useLatestWithMetadata: { release: 'stable' } };
  if (type === 'PROTOBUF') return { autoRegisterSchemas: how === 'register' };
  const info = infoOf(task);
  const subject = `${topic}-value`;
  const id = how === 'register' ? await client.register(subject, info) : await client.getId(subject, info);
  return { useSchemaId: id };
}

await runTasks(
  {
    async register(task) {
      return { id: await newClient(task).register(task.subject, infoOf(task), task.normalize ?? false) };
    },
    async isCompatible(task) {
      return { value: await newClient(task).testSubjectCompatibility(task.subject, infoOf(task)) };
    },
    async latest(task) {
      const { id, version } = await newClient(task).getLatestSchemaMetadata(task.subject);
      return { id, version };
    },
    async serialize(task) {
      const { type, message, value, topic, inHeader } = task;
      const client = newClient(task);
      const serializer = new SERIALIZERS[type](client, SerdeType.VALUE, {
        ...(await configure(client, task)),
        ...(inHeader ? { schemaIdSerializer: HeaderSchemaIdSerializer } : {}),
        ...(type === 'PROTOBUF' ? { registry: createMutableRegistry(messageOf(message)) } : {}),
        ...(type === 'JSON' ? { validate: true } : {}),
      });
      const sent = type === 'PROTOBUF' ? fromJson(messageOf(message), value) : value;
      const headers = {};
      const frame = await serializer.serialize(topic, sent, headers);
      const header = headers.__value_schema_id;
      return { frame: frame.toString('hex'), ...(header ? { header: header.toString('hex') } : {}) };
    },
    async deserialize(task) {
      const { type, topic, frame, header, asLatest } = task;
      const deserializer = new DESERIALIZERS[type](newClient(task), SerdeType.VALUE, {
        ...(asLatest ? { useLatestVersion: true } : {}),
        ...(type === 'JSON' ? { validate: true } : {}),
      });
      const headers = header === undefined ? {} : { __value_schema_id: Buffer.from(header, 'hex') };
      const read = await deserializer.deserialize(topic, Buffer.from(frame, 'hex'), headers);
      return { value: type === 'PROTOBUF' ? toJson(messageOf(read.$typeName), read) : read };
    },
  },
  ({ status, errorCode }) => ({ status, code: errorCode }),
);
