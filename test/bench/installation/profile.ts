import { readFile } from 'node:fs/promises';

interface Node {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
}

interface Profile {
  readonly nodes: readonly Node[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A part of what was sampled. */
export interface Part {
  readonly name: string;
  /** Of the time in which the process was not idle. */
  readonly share: number;
}

/** By package: ours by their folders, Node's own as `node:…`, and what runs in native code for whoever called it. */
function nameOf({ functionName, url }: Node['callFrame'], caller: string): string {
  if (functionName === '(garbage collector)') return 'garbage collector';
  if (functionName === '(program)') return 'native code (network, threads)';
  const installed = /\/node_modules\/(?!.*\/node_modules\/)((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (installed !== undefined) return installed;
  if (url.startsWith('node:')) return url.replace(/^(node:(?:internal\/)?[^/]+).*/, '$1');
  const ours = /\/((?:packages|subgraphs)\/[^/]+|gateway|cli)\/dist\//.exec(url)?.[1];
  return ours ?? (url === '' ? caller : url);
}

const ignored: ReadonlySet<string> = new Set(['node:inspector']);

/** Reads where processor time went, most first. */
export async function readProfile(file: string): Promise<Part[]> {
  const { nodes, samples, timeDeltas } = JSON.parse(await readFile(file, 'utf8')) as Profile;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const names = new Map<number, string>();
  const [root] = nodes;
  const name = (node: Node, caller: string): void => {
    const own = nameOf(node.callFrame, caller);
    names.set(node.id, own);
    for (const child of node.children ?? []) {
      const known = byId.get(child);
      if (known !== undefined) name(known, own);
    }
  };
  if (root !== undefined) name(root, 'other');
  const times = new Map<string, number>();
  let busy = 0;
  samples.forEach((id, index) => {
    const node = byId.get(id);
    // The profiler's own beginning and end are no part of it.
    if (node === undefined || ignored.has(names.get(id) ?? '') || node.callFrame.functionName === '(idle)')
      return;
    const time = timeDeltas[index] ?? 0;
    const key = names.get(id) ?? 'other';
    busy += time;
    times.set(key, (times.get(key) ?? 0) + time);
  });
  return [...times]
    .map(([each, time]) => ({ name: each, share: time / busy }))
    .sort((a, b) => b.share - a.share);
}
