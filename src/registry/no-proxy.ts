/** NO_PROXY as curl and Go read it. */
import { BlockList, isIP } from 'node:net';

/**
 * Whether a host is reached directly. Entries, separated by commas or blanks: `*`, `host`, `.suffix`, `*.suffix`, each
 * with an optional `:port`, an address, or a network such as `10.0.0.0/8`. A plain host also covers what is below it.
 */
export function bypassesProxy(noProxy: string | undefined, hostname: string, port: number): boolean {
  if (noProxy === undefined) return false;
  const host = hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  return noProxy.split(/[\s,]+/).some((entry) => entry !== '' && matches(entry.toLowerCase(), host, port));
}

function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return isInNetwork(entry, host);
  const bare = entry.replace(/^\[|\]$/g, '');
  if (isIP(bare) !== 0) return bare === host;
  const [, name = '', wanted] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  if (wanted !== undefined && Number(wanted) !== port) return false;
  const pattern = name.replace(/^\[|\]$/g, '').replace(/^\*?\./, '');
  return host === pattern || (isIP(host) === 0 && host.endsWith(`.${pattern}`));
}

function isInNetwork(entry: string, host: string): boolean {
  const [network = '', bits = ''] = entry.split('/');
  const version = isIP(network);
  if (version === 0 || isIP(host) !== version || !/^\d{1,3}$/.test(bits)) return false;
  if (Number(bits) > (version === 4 ? 32 : 128)) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  return list.check(host, family);
}
