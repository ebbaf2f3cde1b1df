// What the follow scripts have in common: the one argument, and what is printed.
export function options() {
  try {
    const o = { variables: {}, count: Infinity, ...JSON.parse(process.argv[2]) };
    return { ...o, watch: o.watch ?? [{ query: o.query, variables: o.variables }] };
  } catch {
    console.error('the one argument is JSON, see README.md');
    process.exit(2);
  }
}

const control = new Set(['Hello', 'Tick', 'ResyncRequired', 'StreamEnded']);

// follow watches everything, prints every payload as one line, and ends when enough was seen, when all has ended, or, where there is something
// to ask at the end, when standard input does: the answer is the last line.
export function follow(o, watch, ask) {
  let seen = 0;
  let open = o.watch.length;
  let code = 0;
  const finish = async () => {
    if (o.ask) console.log(JSON.stringify({ asked: await ask(o.ask.query, o.ask.variables) }));
    process.exit(code);
  };
  const handle = (result) => {
    console.log(JSON.stringify(result));
    const event = Object.values(result.data ?? {})[0];
    if (event && !control.has(event.__typename) && (!o.type || o.type === event.__typename) && ++seen === o.count) finish();
  };
  const stop = (error) => {
    if (error) {
      code = 1;
      console.error(JSON.stringify({ failed: Array.isArray(error) ? error : { code: error.code, reason: error.reason, message: error.message } }));
    }
    if (--open === 0) finish();
  };
  if (o.ask) process.stdin.resume().on('end', finish);
  for (const one of o.watch) watch(one.query, one.variables, handle, stop);
}
