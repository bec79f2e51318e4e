// Imported first by every script, so that an old Node prints a sentence instead of a stack trace. This file must run on any Node.
const oldest = 18;

if (Number(process.versions.node.split('.')[0]) < oldest) {
  console.error(
    `✗ Natter's scripts need Node ${oldest} or newer, and this is Node ${process.versions.node}: ` +
      'install a current one from https://nodejs.org and run the command again.',
  );
  process.exit(1);
}
