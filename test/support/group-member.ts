/** Members of a group of any protocol type, as a schema registry's nodes are: they join, and one gives all the assignment. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, findCoordinatorV4, joinGroupV9, leaveGroupV5, syncGroupV5 } from '@platformatic/kafka';

export interface GroupMembers {
  leave(): Promise<void>;
}

interface JoinOptions {
  readonly bootstrap: string;
  readonly group: string;
  readonly protocolType: string;
  /** Of each member. */
  readonly metadata: readonly Buffer[];
  /** Given to each. */
  readonly assignment: Buffer;
}

const SESSION_MS = 45_000;
const NEW_MEMBER = 79;
/** For the answers of one generation to arrive. */
const TOGETHER_MS = 50;

/** Resolves when the group is stable. Nobody sends heartbeats: the session must be longer than the test. */
export async function joinGroup(options: JoinOptions): Promise<GroupMembers> {
  const { bootstrap, group, protocolType, metadata, assignment } = options;
  const [host = '', port] = bootstrap.split(':');
  const connections = await Promise.all(
    metadata.map(async () => {
      const connection = new Connection('member', { connectTimeout: 10_000 });
      await connection.connect(host, Number(port));
      return connection;
    }),
  );
  const [first] = connections;
  if (first === undefined) throw new Error('nobody joins');
  await findCoordinatorV4.api.async(first, 0, [group]);
  const join = (connection: Connection, id: string, bytes: Buffer) =>
    joinGroupV9.api.async(connection, group, SESSION_MS, SESSION_MS, id, null, protocolType, [
      { name: 'v0', metadata: bytes },
    ]);
  // Each gets an id by a first try that is refused; with all ids given, they join together.
  const ids = await Promise.all(
    connections.map((connection, at) => join(connection, '', metadata[at] as Buffer).then(idOf, idOfRefusal)),
  );
  // A broker without an initial delay may answer the first of them alone: whoever is not in one generation with all the
  // others joins again, for the others wait until it does.
  const answers: (Awaited<ReturnType<typeof join>> | undefined)[] = [];
  const joined = await Promise.all(
    connections.map(async (connection, at) => {
      for (;;) {
        answers[at] = undefined;
        const answer = await join(connection, ids[at] as string, metadata[at] as Buffer);
        answers[at] = answer;
        await sleep(TOGETHER_MS);
        if (connections.every((_, other) => answers[other]?.generationId === answer.generationId)) return answer;
      }
    }),
  );
  await Promise.all(
    joined.map(({ memberId, generationId, leader, members }, at) =>
      syncGroupV5.api.async(
        connections[at] as Connection,
        group,
        generationId,
        memberId,
        null,
        protocolType,
        'v0',
        memberId === leader ? members.map((member) => ({ memberId: member.memberId, assignment })) : [],
      ),
    ),
  );
  return {
    async leave() {
      await leaveGroupV5.api.async(
        first,
        group,
        joined.map(({ memberId }) => ({ memberId, groupInstanceId: null, reason: null })),
      );
      await Promise.all(connections.map((connection) => connection.close()));
    },
  };
}

function idOf({ memberId }: { readonly memberId: string }): string {
  return memberId;
}

function idOfRefusal(error: unknown): string {
  const { errors = [] } = error as { readonly errors?: readonly { readonly apiCode?: number }[] };
  const { response } = error as { readonly response?: { readonly memberId?: string } };
  const id = response?.memberId;
  if (id === undefined || !errors.some(({ apiCode }) => apiCode === NEW_MEMBER)) throw error;
  return id;
}
