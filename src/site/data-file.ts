/** Data as scripts: a page that is opened from disk may load a script beside it, but may not fetch a file. */

/** The one name that JSON and an object literal read differently. Within a text its quotes would be escaped. */
const PROTOTYPE = '"__proto__":';

/** Text of the file that hands `value` to the page under `key`, which must be a plain word. */
export function dataFile(key: string, value: unknown): string {
  const json = JSON.stringify(value);
  const handed = json.includes(PROTOTYPE) ? `JSON.parse('${json.replace(/['\\]/g, '\\$&')}')` : json;
  return `srgit.put('${key}',${handed});\n`;
}
