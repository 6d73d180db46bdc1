/** What the commands about records share. */
import type { RecordSettings } from '../config/record-settings.ts';
import { SrgitError } from '../errors.ts';

/** @throws SrgitError SRGIT_CONFIG_INVALID */
export function refuseKafkajs(settings: RecordSettings, cluster: string): void {
  if (settings.clusters.get(cluster)?.client !== 'kafkajs') return;
  // Its inner parts are loaded by path, which a bundle does not have.
  throw new SrgitError('SRGIT_CONFIG_INVALID', `cluster ${cluster} asks for the client kafkajs`, {
    hint: 'The Action has the other client only: leave out `client:`, or run the srgit command line in the workflow.',
  });
}

/** @throws SrgitError SRGIT_USAGE that names the input. */
export function required(value: string | undefined, name: string, example: string): string {
  if (value !== undefined) return value;
  throw new SrgitError('SRGIT_USAGE', `the input ${name} is missing`, { hint: `For example ${example}.` });
}
