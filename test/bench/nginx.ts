// nginx as one more thing to stand beside, where it is installed: one worker, kept connections, nothing buffered.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, startProgram, stopProgram, type Program } from './program.ts';

export interface Nginx {
  readonly program: Program;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** null = it is not installed. `POINTSMAN_NGINX` names one that is not on the path. */
export async function startNginx(upstreamPort: number): Promise<Nginx | null> {
  const command = findNginx();
  if (command === null) return null;
  const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-bench-nginx-'));
  const port = await freePort();
  const file = path.join(folder, 'nginx.conf');
  writeFileSync(file, configuration(folder, port, upstreamPort));
  const program = await startProgram({ command, args: ['-p', folder, '-c', file, '-e', 'stderr'], port });
  return {
    program,
    port,
    stop: async () => {
      await stopProgram(program);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function findNginx(): string | null {
  const named = process.env['POINTSMAN_NGINX'];
  if (named !== undefined) return named;
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => path.join(folder, 'nginx')).find((file) => existsSync(file)) ?? null;
}

/** In one process, so that its processor time is that of one process. */
function configuration(folder: string, port: number, upstreamPort: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${path.join(folder, name)};`)
    .join('\n');
  return `
daemon off;
master_process off;
pid ${path.join(folder, 'nginx.pid')};
events { worker_connections 1024; }
http {
${temporary}
  access_log off;
  client_max_body_size 32m;
  client_body_buffer_size 2m;
  keepalive_requests 100000000;
  upstream mock { server 127.0.0.1:${upstreamPort}; keepalive 256; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      proxy_pass http://mock;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`;
}
