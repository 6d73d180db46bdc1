/** The value of an Authorization or Proxy-Authorization header with a name and a password (RFC 7617, UTF-8). */
export function basicCredentials(pair: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${pair.username}:${pair.password}`).toString('base64')}`;
}
