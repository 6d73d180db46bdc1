// A tree as plain data: every version of every subject with its exact text.
import { openTree } from 'srgit';

const tree = await openTree(process.argv[2] ?? 'schemas');

for (const context of tree.snapshot.contexts) {
  for (const subject of context.subjects) {
    const versions = subject.versions.map(
      ({ version, id, deleted }) => `v${version}=${id}${deleted ? ' (deleted)' : ''}`,
    );
    console.log(context.name, subject.name, versions.join(', '));
  }
}
console.log('added by hand, without an id yet:', tree.pending.length);
