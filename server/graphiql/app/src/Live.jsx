import { CopyIcon } from "@graphiql/react";
import { useState } from "react";
import { useStore } from "./store.js";

/** The sign in the bar: whether the live connection stands. */
export function LiveSign({ stream, text }) {
  const { connection: now, detail, running } = useStore(stream);
  const connection = now === "closed" && running ? "retrying" : now;
  return (
    <span className="live-sign" data-connection={connection} title={detail ? `${text.closedWith} ${detail}` : undefined}>
      <i aria-hidden="true" />
      <span role="status">
        <span className="label">{text.live}: </span>
        {text[connection]}
      </span>
    </span>
  );
}

/** What the running subscription has brought, the newest first. GraphiQL's own pane shows the latest result alone. */
export function LivePanel({ stream, text }) {
  const { running, name, cursor, received, seenAt, connection, detail, log } = useStore(stream);
  if (!name) return null;

  return (
    <section className="live" aria-label={text.liveEvents} data-running={running} data-connection={connection}>
      <div className="head">
        <h2>{text.liveEvents}</h2>
        <code className="name">{name}</code>
        <span className="count">
          {received} {text.received}
        </span>
        {seenAt && <Time at={seenAt} />}
        <span className="buttons">
          {running ? (
            <button type="button" className="plain" onClick={() => stream.stop()}>
              {text.stop}
            </button>
          ) : (
            <span className="ended">{text.ended}</span>
          )}
          <button type="button" className="plain" onClick={() => stream.clear()}>
            {text.clear}
          </button>
        </span>
      </div>
      {cursor && <Cursor cursor={cursor} text={text} />}
      {detail && running && (
        <p className="problem" role="status">
          {text.closedWith} {detail}
        </p>
      )}
      <ol reversed tabIndex={0} aria-label={text.liveEvents}>
        {log.length === 0 && running && received === 0 && <li className="waiting">{text.waiting}</li>}
        {log.map((entry) => (
          <li key={entry.key} data-type={entry.type}>
            <details>
              <summary>
                <Time at={entry.at} />
                <b>{entry.type}</b>
                <span className="gist">{gistOf(entry.body)}</span>
              </summary>
              <pre>{JSON.stringify(entry.body, null, 2)}</pre>
            </details>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Cursor({ cursor, text }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(cursor);
    setCopied(true);
  };
  return (
    <p className="cursor">
      <span>{text.cursor}</span>
      <code data-cursor={cursor}>{cursor}</code>
      {navigator.clipboard && (
        <button type="button" className="plain" onClick={copy} onBlur={() => setCopied(false)} aria-label={text.copyCursor}>
          {copied ? text.copied : <CopyIcon aria-hidden="true" />}
        </button>
      )}
    </p>
  );
}

function Time({ at }) {
  return <time dateTime={at.toISOString()}>{at.toLocaleTimeString([], { hour12: false })}</time>;
}

// One line that tells the event from its neighbours: its plain values, without the parts shown beside it.
function gistOf(body) {
  const found = [];
  const visit = (value, key) => {
    if (found.length > 6 || value === null || key === "cursor" || key === "__typename" || key === "id") return;
    if (Array.isArray(value)) value.forEach((item) => visit(item, key));
    else if (typeof value === "object") Object.entries(value).forEach(([name, item]) => visit(item, name));
    else if (value !== "") found.push(typeof value === "string" ? value : `${key} ${value}`);
  };
  visit(body);
  return found.join(" · ");
}
