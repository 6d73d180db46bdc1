/** Text from elsewhere on one line: parsers quote what they read, and Avro's break their lines. */
export function oneLine(text: string): string {
  return text.replace(/[\n\v\f\r\u0085\u2028\u2029]\s*/g, ' ');
}
