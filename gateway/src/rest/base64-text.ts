/** Base64 in one line or wrapped, in one line; undefined for anything else, and for none at all. */
export function base64Text(text: string): string | undefined {
  const compact = text.replace(/\s/g, '');
  const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact);
  return isBase64 && compact !== '' ? compact : undefined;
}
