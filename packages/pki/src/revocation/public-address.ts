import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Where machines of the public internet are (IANA's IPv6 global unicast space); all else in IPv6 is something else. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/** Public by its number, and yet answered by the machine's own host: Azure's platform address. */
const platformAddresses: ReadonlySet<string> = new Set(['168.63.129.16']);

/**
 * True for the address of a machine on the public internet: not loopback, private, link-local (clouds' metadata
 * services among them), carrier-grade NAT, multicast, reserved, or an IPv6 address that wraps an IPv4 one; an
 * IPv4-mapped one counts as the IPv4 address that it is.
 */
export function isPublicAddress(text: string): boolean {
  if (isIP(text) === 0) return false;
  const address = ipaddr.process(text);
  if (address.range() !== 'unicast' || platformAddresses.has(address.toString())) return false;
  return address.kind() === 'ipv4' || (address as ipaddr.IPv6).match(globalUnicast);
}
