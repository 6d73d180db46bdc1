/**
 * What docs/errors.md says of the codes whose place in the code has no prose: a message and its hint are made there from the
 * case at hand. The types make a code without words a compile error (test/docs imports this file).
 */
import type { ErrorCode } from '../src/errors.ts';
import type { Reason } from '../src/plan/reasons.ts';
import type { FindingCode } from '../src/tree/finding.ts';

export interface Words {
  readonly means: string;
  readonly next: string;
}

const said = (means: string, next: string): Words => ({ means, next });

export const ERROR_WORDS = {
  SRGIT_USAGE: said(
    'The command line does not fit: an unknown flag, a missing value, two that exclude each other.',
    'Read the message; `srgit COMMAND --help` has examples.',
  ),
  SRGIT_CONFIG_INVALID: said(
    'A file of settings (`srgit.yaml`, a file of users) has a mistake; the message tells line and column.',
    'Correct it: [configuration](configuration.md).',
  ),
  SRGIT_CONFIG_MISSING: said(
    'What the command needs is not configured: no such registry or cluster, several to choose from, or no file.',
    'Name it with `--registry`, `--url` or `--config`.',
  ),
  SRGIT_ENV_UNSET: said(
    'The configuration uses an environment variable that is not set.',
    'Set it, or give it a default in the file: [configuration](configuration.md).',
  ),
  SRGIT_REGISTRY_UNREACHABLE: said(
    'No node of the registry can be connected to, or the connection broke.',
    'Look at the address, the network and whether the registry runs. The call may be repeated.',
  ),
  SRGIT_REGISTRY_TIMEOUT: said(
    'The registry did not answer in time.',
    'Look at its load; raise `timeout_seconds`. Of a write it is not known whether it happened: the next run looks.',
  ),
  SRGIT_REGISTRY_TLS: said(
    'The TLS connection cannot be made: unknown authority, expired, wrong host name, unreadable files.',
    'Give the authority with `--ca-cert` or `tls.ca_cert`, and certificate and key together.',
  ),
  SRGIT_REGISTRY_AUTH: said('The registry does not accept the credentials (401).', 'Check user, password or token.'),
  SRGIT_REGISTRY_FORBIDDEN: said(
    'The credentials may not do this (403).',
    'See which right is needed: [permissions](permissions.md).',
  ),
  SRGIT_REGISTRY_NOT_A_REGISTRY: said(
    'What answers at the URL is no schema registry.',
    'Check the path (Apicurio: `/apis/ccompat/v7`), and that no login page stands before it.',
  ),
  SRGIT_REGISTRY_BAD_ANSWER: said(
    'The answer is cut short, or is not what the protocol says.',
    'Look for a proxy in between; `--debug` shows the exchange.',
  ),
  SRGIT_REGISTRY_NOT_FOUND: said(
    'The registry does not have what was asked for (404).',
    'It may have been deleted meanwhile: run the command again.',
  ),
  SRGIT_REGISTRY_CONFLICT: said(
    'The registry refuses a schema as incompatible (409).',
    '`srgit plan` tells why before anything is written.',
  ),
  SRGIT_REGISTRY_REFUSED: said(
    'The registry refuses the request (422 and other 4xx); the message has its own words.',
    'Mostly a mode that forbids writes, or an id that is in use: run `srgit plan`.',
  ),
  SRGIT_REGISTRY_THROTTLED: said(
    'The registry asks to slow down (429), and went on doing so.',
    'Lower `--concurrency`; run it again later.',
  ),
  SRGIT_REGISTRY_FAILED: said(
    'The registry fails (5xx), or does not show what it has accepted.',
    'Look at its log and at `srgit health`; run it again when it is well.',
  ),
  SRGIT_OAUTH_FAILED: said(
    'No token from the OAuth server.',
    'Check `token_url`, `client_id`, `client_secret` and `scope`.',
  ),
  SRGIT_SNAPSHOT_INCONSISTENT: said(
    'The registry changed all the time while it was read, or answers contradict each other.',
    'Run it again; if it stays, something in front of the registry cuts its answers.',
  ),
  SRGIT_SNAPSHOT_UNREPRESENTABLE: said(
    'The registry holds what no tree can: an unknown schema type, a name that no URL can carry.',
    'Leave the subject out with `--exclude`.',
  ),
  SRGIT_TREE_MISSING: said(
    'There is no tree in this folder, or at this commit.',
    'Run `srgit export` first, or point `--tree` at the folder with `manifest.json`.',
  ),
  SRGIT_TREE_INVALID: said(
    'A file of the tree is not as the format says.',
    'Correct it, or take the last good state from git; `srgit verify --offline` lists all.',
  ),
  SRGIT_TREE_EDITED_VERSION: said(
    'The text of a version that has an id was edited: versions are immutable.',
    'Take the file back from git, and add the change as a new version beside it.',
  ),
  SRGIT_TREE_LINE_ENDINGS: said(
    'Git converted the line endings of a schema.',
    'Keep `* -text` in the `.gitattributes` of the tree, and check the file out again.',
  ),
  SRGIT_TREE_DUPLICATE_SUBJECT: said(
    'Two folders hold the same subject.',
    'Move their versions together, then run `srgit index`.',
  ),
  SRGIT_TREE_FILE_MISSING: said('A file that the tree names is not there.', 'Take it back from git, or export again.'),
  SRGIT_TREE_FORMAT: said('A newer srgit wrote this tree or plan.', 'Use that one.'),
  SRGIT_TREE_WRITE: said(
    'The tree cannot be written: permissions, a full disk, or another process writes it now.',
    'Correct that and run it again: it completes what is missing.',
  ),
  SRGIT_DELETION_GUARD: said(
    'An export would take away more than a tenth of the versions, or all: the registry may have lost its storage.',
    'Look at the registry first. If the deletions are meant: `--allow-deletions`.',
  ),
  SRGIT_PLAN_STALE: said(
    'Tree or registry changed after the plan was saved. Nothing was written.',
    'Plan again, look at it, carry that one out.',
  ),
  SRGIT_GIT_FAILED: said('A git command failed, or git is not installed.', 'The message has its words.'),
  SRGIT_GIT_NO_REPOSITORY: said('The tree is not in a git repository.', '`git init`, or leave out `--commit`.'),
  SRGIT_GIT_NO_IDENTITY: said(
    'Git does not know who commits.',
    'Give `--author-name` and `--author-email`, or set `git config user.name` and `user.email`.',
  ),
  SRGIT_GIT_PUSH_REJECTED: said(
    'The remote does not take the push: a protected branch, or changes that do not fit together.',
    'Push to another branch with `--branch`, or bring the branch up to date.',
  ),
  SRGIT_GIT_BUSY: said(
    'Another git process, or an unfinished merge or rebase, is in the way.',
    'Finish it. A lock that a killed git left behind is named, and yours to remove.',
  ),
  SRGIT_KAFKA_UNREACHABLE: said(
    'No broker can be connected to.',
    'Look at `bootstrap_servers`, and that the names that brokers advertise are known here.',
  ),
  SRGIT_KAFKA_TIMEOUT: said(
    'A broker did not answer in time.',
    'Look at the brokers. A replay that is run again goes on where the last commit was.',
  ),
  SRGIT_KAFKA_TLS: said(
    'The TLS connection to a broker cannot be made.',
    'Check `tls`, and that the port is that of a TLS listener.',
  ),
  SRGIT_KAFKA_AUTH: said('The broker does not accept the SASL credentials.', 'Check `security` of the cluster.'),
  SRGIT_KAFKA_FORBIDDEN: said(
    'An ACL of the cluster forbids this.',
    'See which right is needed: [permissions](permissions.md).',
  ),
  SRGIT_KAFKA_TOPIC: said(
    'A topic is missing, has records already, or has other settings or partitions than are needed.',
    '`--create-topics`, another name, or what the message says.',
  ),
  SRGIT_KAFKA_GROUP: said('A consumer group is in use, or its positions cannot be set.', 'Stop its members first.'),
  SRGIT_KAFKA_RECORD: said(
    'A record does not fit: too large for the topic, or refused by the broker.',
    'Look at `max.message.bytes` of the target topic.',
  ),
  SRGIT_KAFKA_FENCED: said(
    'Another run writes with the same transactional id.',
    'Let only one of them run, or give each its `--shard`.',
  ),
  SRGIT_KAFKA_FAILED: said('The broker answers with another error; the message has its words.', 'Look at its log.'),
  SRGIT_STORAGE_READ: said(
    'A file or object of an archive cannot be read.',
    'Look at path, bucket, credentials and permissions.',
  ),
  SRGIT_STORAGE_WRITE: said(
    'A file or object cannot be written.',
    'Look at room and permissions, and run it again: it goes on.',
  ),
  SRGIT_STORAGE_KEY: said(
    'A name in the archive leads out of it, or is none.',
    'Do not use such an archive unless you know where it is from.',
  ),
  SRGIT_ARCHIVE_MISSING: said('There is no archive of records at this place.', 'Look at the path.'),
  SRGIT_ARCHIVE_INVALID: said(
    'What is there is no archive of this kind, or several of them.',
    'Name the kind (`kbak:`, `kafka-log:`, `kcat:`) and the very folder.',
  ),
  SRGIT_RECORDS_DAMAGED: said(
    'Bytes of records cannot be read: cut off, or a wrong checksum.',
    'Take another copy or replica, or go on behind them with `--skip-damaged`.',
  ),
  SRGIT_SCHEMA_UNKNOWN: said(
    'Records have schema ids that the map or the target registry does not know. Nothing was written.',
    'Restore these schemas first, or decide with `--on-unknown`.',
  ),
  SRGIT_REPLAY_REWRITTEN: said(
    'The ids in these records were rewritten before: doing it twice makes them wrong.',
    'Replay the original backup, or this one as it is with `--no-map`.',
  ),
  SRGIT_REPLAY_STALE: said(
    'What a run should go on from belongs to another cluster, backup or state.',
    'Choose another backup id or checkpoint, as the message says.',
  ),
  SRGIT_SERVER_START: said('The server cannot listen.', 'Choose another `--port`, or 0 for a free one.'),
  SRGIT_INTERRUPTED: said(
    'Ctrl-C, or SIGTERM. What was set for the time of a restore was put back.',
    'Run it again: it goes on.',
  ),
  SRGIT_INTERNAL: said('A fault of srgit.', 'Report it, with what `--debug` prints; it has no secrets.'),
} as const satisfies Readonly<Record<ErrorCode, Words>>;

export const REASON_WORDS = {
  EDITED_VERSION: said('A version that has an id was edited in the tree.', 'Take it back, and add a new version.'),
  INVALID_SCHEMA: said('The text is no schema of its type.', 'Correct it: `srgit check` shows where.'),
  REFERENCE_MISSING: said('A schema that it refers to is nowhere.', 'Include that subject.'),
  REFERENCE_CYCLE: said('Schemas refer to each other in a circle.', 'Correct the references in `metadata.json`.'),
  SENSITIVE_REDACTED: said(
    'The export left out the values of sensitive metadata.',
    'Export with `--include-sensitive`, or restore from a registry.',
  ),
  PARTIAL_SOURCE: said('The export could not read everything.', 'What is not known is left as it is.'),
  SUBJECT_COLLISION: said('Two subjects would get the same name.', 'Change the mapping.'),
  INVALID_SUBJECT: said('The target cannot have a subject of this name.', 'Map it to another name.'),
  CONTEXTS_UNSUPPORTED: said('The target has no contexts.', 'Map to the default context.'),
  ID_TAKEN: said('The id belongs to another schema in the target.', '`--ids rewrite`, and replay records by the map.'),
  ID_UNMAPPED: said('No id, or none that the target can have.', 'Complete the mapping file.'),
  RETIRED_ID: said(
    'The id belonged to a schema that is gone: records may have it.',
    'Another id is taken; with Apicurio mind the note.',
  ),
  VERSION_TAKEN: said('The target has another schema as this version.', '`--strategy overwrite`, or another name.'),
  VERSION_GAP: said('The target numbers versions itself: gaps are lost.', 'References are adapted.'),
  CONTENT_CONFLICT: said(
    'One content under two ids, one id for two contents, or the registry would change the content.',
    'The message says which; both ids go on decoding.',
  ),
  TEXT_CHANGED: said('The target stores the text in another form of the same meaning.', 'Its guid differs.'),
  INCOMPATIBLE: said(
    'The target would refuse the version at its compatibility level.',
    '`--set-compatibility NONE` for the time of the restore, or `--force-register`.',
  ),
  MODE_READONLY: said('The target or the subject is read-only.', 'Set it to READWRITE first.'),
  MODE_UNSUPPORTED: said('The target has no such mode.', 'Its modes stay.'),
  IMPORT_UNSUPPORTED: said(
    'The target does not take ids or versions.',
    '`--ids rewrite`; Apicurio: an [archive](apicurio.md); Karapace: its topic.',
  ),
  REFERENCED: said('What would be deleted is referred to.', 'Take the referring subject along.'),
  CONFIG_UNSUPPORTED: said('The target does not keep this config.', 'It is left out.'),
  METADATA_UNSUPPORTED: said('The target does not keep metadata.', 'It is left out.'),
  RULES_DROPPED: said('The target drops rule sets.', 'They are left out; the tree keeps them.'),
  ALIAS: said('The subject is an alias of another.', 'Remove the alias there first.'),
  SKIPPED: said('Left alone, by the strategy.', 'Use `preserve` to add what is missing.'),
  LOSES_DATA: said('Something in the target would be gone.', 'Look at it; it is exported to `.srgit/undo/` first.'),
  TARGET_UNREADABLE: said(
    'Something of the target cannot be read, so it could not be put back.',
    'Give the account the right to read it.',
  ),
} as const satisfies Readonly<Record<Reason, Words>>;

export const TREE_FINDING_WORDS = {
  MANIFEST_STALE: said('The index is not what the files say.', '`srgit index`'),
  MANIFEST_MISSING: said('There is no index.', '`srgit index`'),
  PENDING_VERSION: said('A version that was added by hand and has no id yet.', 'It gets one when it is restored.'),
  GUID_MISMATCH: said('The guid in `metadata.json` is not that of the content.', 'Take the file back from git.'),
  ID_CONFLICT: said('One id stands for two schemas.', 'Records with it cannot be told apart: see the registry.'),
  ID_SPLIT: said('One content has two ids.', 'Nothing: both decode.'),
  ID_RETIRED_REUSED: said(
    'An id that was retired belongs to a schema again.',
    'Old records may be read wrongly: [ids were reused](recovery/ids-reused.md).',
  ),
  REFERENCE_MISSING: said('A schema that it refers to is not in the tree.', 'Export that subject, too.'),
  REFERENCE_AMBIGUOUS: said(
    'A version added by hand refers to a name that several subjects have.',
    'List the reference in `metadata.json`.',
  ),
  REDACTED: said('Values of sensitive metadata were left out.', '`--include-sensitive` has them.'),
  PARTIAL_EXPORT: said('The export could not read everything.', 'See [permissions](permissions.md).'),
} as const satisfies Readonly<Record<Exclude<FindingCode, ErrorCode>, Words>>;
