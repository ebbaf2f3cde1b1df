import { DropdownMenu, pick, useGraphiQL, useGraphiQLActions } from "@graphiql/react";

const editors = pick("queryEditor", "variableEditor");

/** The menu of the main tasks. Each opens in a tab of its own, so that nothing typed is lost. */
export function Examples({ examples, ids, text }) {
  const { addTab } = useGraphiQLActions();
  const { queryEditor, variableEditor } = useGraphiQL(editors);

  const open = (example) => {
    if (queryEditor.getValue().trim() !== "") addTab();
    queryEditor.setValue(example.document);
    variableEditor.setValue(ids.fill(example.variables));
    queryEditor.setScrollTop(0);
    queryEditor.focus();
  };

  return (
    <DropdownMenu>
      <DropdownMenu.Button className="menu" disabled={!queryEditor || !variableEditor}>
        {text.examples} <span aria-hidden="true">▾</span>
      </DropdownMenu.Button>
      <DropdownMenu.Content align="start" sideOffset={6} className="examples">
        {examples.map((example) => (
          <DropdownMenu.Item key={example.title} onSelect={() => open(example)}>
            {example.title}
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}
