/** @kafkajs/confluent-schema-registry. */
import { load, runTasks } from './tasks.mjs';

const { SchemaRegistry } = load('@kafkajs/confluent-schema-registry');

/** Of several messages in a Protobuf file it takes the first unless told which. */
function newRegistry({ url, message }) {
  const options = message === undefined ? {} : { PROTOBUF: { messageName: message.split('.').at(-1) } };
  return new SchemaRegistry({ host: url, clientId: 'srgit-test', retry: { retries: 0 } }, options);
}

function registerSchema(registry, { type, schema, references }, subject) {
  return registry.register({ type, schema, references }, { subject });
}

await runTasks(
  {
    async register(task) {
      const { id } = await registerSchema(newRegistry(task), task, task.subject);
      return { id };
    },
    async latest(task) {
      return { id: await newRegistry(task).getLatestSchemaId(task.subject) };
    },
    async serialize(task) {
      const subject = `${task.topic}-value`;
      const registry = newRegistry(task);
      const ids = {
        register: async () => (await registerSchema(registry, task, subject)).id,
        // It cannot look up a schema that has references: it sends none.
        lookup: () => registry.getRegistryIdBySchema(subject, { type: task.type, schema: task.schema }),
        latest: () => registry.getLatestSchemaId(subject),
      };
      const id = await ids[task.how]();
      // Its Protobuf takes enums by number.
      const value = task.type === 'PROTOBUF' ? { ...task.value, status: 1 } : task.value;
      return { id, frame: (await registry.encode(id, value)).toString('hex') };
    },
    async deserialize(task) {
      return { value: await newRegistry(task).decode(Buffer.from(task.frame, 'hex')) };
    },
  },
  ({ status }) => ({ status }),
);
