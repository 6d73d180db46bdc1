/** The floor of an export: one client reads every page of the bulk listing, one after another, and keeps nothing. */
import { request } from 'undici';

const [url = ''] = process.argv.slice(2);
let rows = 0;
let bytes = 0;
for (;;) {
  const { body } = await request(`${url}/schemas?subjectPrefix=%3A*%3A&deleted=true&offset=${rows}&limit=1000`);
  const text = await body.text();
  bytes += text.length;
  const page: unknown = JSON.parse(text);
  if (!Array.isArray(page) || page.length === 0) break;
  rows += page.length;
}
console.log(JSON.stringify({ rows, bytes }));
