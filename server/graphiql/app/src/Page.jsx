import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { useGraphiQL } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import { useLayoutEffect, useState } from "react";
import { createPortal } from "react-dom";
import { Account } from "./Account.jsx";
import { Examples } from "./Examples.jsx";
import { LivePanel, LiveSign } from "./Live.jsx";
import { rememberLanguage, firstLanguage, textOf } from "./text.js";

const plugins = [HISTORY_PLUGIN, explorerPlugin()];

const welcome = `# Switchyard
#
# Sign in at the top right, then run this with Ctrl-Enter. More under “Examples”.
# 請先在右上角登入，再按 Ctrl-Enter 執行；更多操作請見「範例」。

`;

/** The whole page: the bar above, GraphiQL below, and the live panel under its results. */
export function Page({ bar, config, examples, schema, session, stream, ids, fetcher }) {
  const [language, setLanguage] = useState(firstLanguage);
  const text = textOf(language);
  const changeLanguage = () => {
    const other = language === "en" ? "zh-Hant" : "en";
    rememberLanguage(other);
    setLanguage(other);
  };
  const [beginning] = useState(() => keptTab() ?? firstTab(examples));

  return (
    <GraphiQL
      fetcher={fetcher}
      schema={schema}
      plugins={plugins}
      defaultTabs={[beginning]}
      initialQuery={beginning.query}
      initialVariables={beginning.variables}
      defaultEditorToolsVisibility="variables"
      shouldPersistHeaders={false}
    >
      <GraphiQL.Logo>
        <span hidden />
      </GraphiQL.Logo>
      <GraphiQL.Footer>
        <LivePanel stream={stream} text={text} />
      </GraphiQL.Footer>
      <OpenTab stream={stream} />
      <Bar {...{ bar, config, examples, session, stream, ids, text, changeLanguage }} />
    </GraphiQL>
  );
}

function OpenTab({ stream }) {
  const id = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]?.id);
  useLayoutEffect(() => {
    stream.tab = id;
  }, [stream, id]);
  return null;
}

// The tab that was open before a reload. GraphiQL keeps its tabs, but fills its editors only with what was typed into them: the
// variables of an example would be gone.
function keptTab() {
  try {
    const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem("graphiql:tabState"));
    const { query, variables } = tabs[activeTabIndex];
    return { query: query ?? "", variables: variables ?? "" };
  } catch {
    return null;
  }
}

function firstTab([first]) {
  return { query: welcome + (first?.document ?? ""), variables: first?.variables ?? "" };
}

// It stands before GraphiQL in the document, for the eye and for the keyboard, and inside it in the component tree, whose state
// it needs.
function Bar({ bar, config, examples, session, stream, ids, text, changeLanguage }) {
  return createPortal(
    <>
      <h1>
        <img src="./favicon.svg" alt="" width="26" height="26" />
        <span>Switchyard</span>
        <small>GraphiQL</small>
      </h1>
      <Examples {...{ examples, ids, text }} />
      <LiveSign {...{ stream, text }} />
      <button type="button" className="plain" onClick={changeLanguage} aria-label={text.languageLabel}>
        {text.language}
      </button>
      <Account {...{ session, text }} accounts={config.demoAccounts ?? []} />
    </>,
    bar,
  );
}
