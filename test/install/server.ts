/**
 * Serves a folder with releases on loopback, and prints the port. /slow/ has the files of /one/, but the download of an
 * archive never ends; the server prints a line when one begins.
 */
const folder = process.argv[2]!;

const endless = () =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array(64));
      process.stdout.write("begun\n");
    },
  });

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  idleTimeout: 0,
  async fetch(request) {
    const path = new URL(request.url).pathname;
    const file = Bun.file(folder + path.replace("/slow/", "/one/"));
    if (!(await file.exists())) return new Response(null, { status: 404 });
    return new Response(path.startsWith("/slow/") && path.endsWith(".tar.xz") ? endless() : file);
  },
});
process.stdout.write(`${server.port}\n`);
