import { useEffect, useId, useRef, useState } from "react";
import { useStore } from "./store.js";

/** Who is signed in, and the box to sign in with. */
export function Account({ session, accounts, text }) {
  const { kind, viewer, team, notice } = useStore(session);
  const dialog = useRef(null);
  const open = () => {
    dialog.current.showModal();
    [...dialog.current.querySelectorAll("input")].find((input) => input.value === "")?.focus();
  };
  const close = () => dialog.current.close();

  // Without a session little works here: ask at once, and again when it ends by itself, but not after a sign-out.
  const greeted = useRef(false);
  useEffect(() => {
    if (kind === "out" && !dialog.current.open && (notice || !greeted.current)) open();
    greeted.current = true;
  }, [kind, notice]);

  return (
    <div className="account">
      {kind === "out" ? (
        <button type="button" className="primary" onClick={open}>
          {text.signIn}
        </button>
      ) : (
        <>
          <span className="person">
            <span className="sr-only">{text.signedInAs} </span>
            <b>{viewer?.name ?? text.apiToken}</b>
            <small>{[viewer?.role, team].filter(Boolean).join(" · ") || text.apiToken}</small>
          </span>
          <button type="button" className="plain" onClick={() => session.signOut()}>
            {text.signOut}
          </button>
        </>
      )}
      <dialog ref={dialog} aria-labelledby="sign-in-title" onClick={(event) => event.target === dialog.current && close()}>
        <SignIn {...{ session, accounts, text, notice, close }} />
      </dialog>
    </div>
  );
}

function SignIn({ session, accounts, text, notice, close }) {
  const [way, setWay] = useState("password");
  const [fields, setFields] = useState({ team: accounts[0]?.team ?? "", email: "", password: "", token: "" });
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const submitButton = useRef(null);

  const change = (event) => setFields({ ...fields, [event.target.name]: event.target.value });
  const fill = ({ team, email, password }) => {
    setFields({ ...fields, team, email, password });
    setProblem(null);
    submitButton.current.focus();
  };
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      if (way === "password") await session.signIn(fields);
      else await session.useToken(fields.token.trim());
      setFields({ ...fields, password: "", token: "" });
      close();
    } catch (error) {
      setProblem(text[error.message] ?? error.message);
    } finally {
      setBusy(false);
    }
  };
  const field = (name, properties) => <Field key={name} {...{ name, value: fields[name], onChange: change, label: text[name] }} {...properties} />;

  return (
    <form onSubmit={submit} className="sign-in">
      <div className="head">
        <h2 id="sign-in-title">{text.signIn}</h2>
        <button type="button" className="plain" onClick={close} aria-label={text.close}>
          ✕
        </button>
      </div>
      {(problem || notice) && (
        <p role="alert" className="problem">
          {problem ?? text[notice]}
        </p>
      )}
      <div className="ways" role="group" aria-label={text.signIn}>
        {[
          ["password", text.withPassword],
          ["token", text.withToken],
        ].map(([name, label]) => (
          <button key={name} type="button" aria-pressed={way === name} onClick={() => setWay(name)}>
            {label}
          </button>
        ))}
      </div>
      {way === "password" ? (
        <>
          {field("team", { autoComplete: "organization", autoCapitalize: "none", spellCheck: false })}
          {field("email", { type: "email", autoComplete: "username" })}
          {field("password", { type: "password", autoComplete: "current-password" })}
        </>
      ) : (
        field("token", { type: "password", autoComplete: "off", help: text.tokenHelp })
      )}
      <button ref={submitButton} type="submit" className="primary wide" disabled={busy}>
        {busy ? text.working : way === "password" ? text.signIn : text.useToken}
      </button>
      {way === "password" && accounts.length > 0 && (
        <fieldset className="accounts">
          <legend>{text.demoAccounts}</legend>
          {accounts.map((account) => (
            <button key={account.email} type="button" onClick={() => fill(account)} aria-label={`${account.role} ${account.email}`}>
              <b>{account.role}</b>
              <small>{account.email}</small>
            </button>
          ))}
        </fieldset>
      )}
      <button type="button" className="plain skip" onClick={close}>
        {text.skip}
      </button>
    </form>
  );
}

function Field({ name, label, help, ...input }) {
  const id = useId();
  return (
    <p className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} name={name} required aria-describedby={help && `${id}-help`} {...input} />
      {help && <small id={`${id}-help`}>{help}</small>}
    </p>
  );
}
