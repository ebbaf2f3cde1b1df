// The one argument of a script: JSON, see README.md.
export function options() {
  try {
    return { variables: {}, cursor: 'after', count: 1, cutEvery: 0, ...JSON.parse(process.argv[2]) };
  } catch {
    console.error('the one argument is JSON, see README.md');
    process.exit(2);
  }
}

const control = new Set(['Hello', 'Tick', 'ResyncRequired', 'StreamEnded']);

// follower puts the last cursor into the variables that a retry resends, prints every payload as one line, and says when enough was seen.
export function follower(o) {
  let seen = 0;
  return (result) => {
    console.log(JSON.stringify(result));
    const event = Object.values(result.data ?? {})[0];
    if (event?.cursor) o.variables[o.cursor] = event.cursor;
    const isCounted = event && !control.has(event.__typename) && (!o.type || o.type === event.__typename);
    if (isCounted) seen++;
    return { seen, isEnough: seen >= o.count, isCut: o.cutEvery > 0 && isCounted && seen % o.cutEvery === 0 };
  };
}
