/** What the pages' reader has in the registry: three subjects, ids 1 to 4. */
import { record, register } from '../support/embedded-registry.ts';

export async function fillShop(url: string): Promise<void> {
  await register(url, 'orders-value', record('Order'));
  await register(url, 'orders-value', {
    ...record('Order'),
    fields: [
      { name: 'id', type: ['null', 'string'], default: null },
      { name: 'note', type: ['null', 'string'], default: null },
    ],
  });
  await register(url, 'payments-value', record('Payment', 'amount'));
  await register(url, 'customers-value', record('Customer', 'name'));
}

/** Of the schema with this id; undefined where there is none. */
export async function textOf(url: string | undefined, id: number): Promise<string | undefined> {
  const answer = (await (await fetch(`${url}/schemas/ids/${id}`)).json()) as { schema?: string };
  return answer.schema;
}
