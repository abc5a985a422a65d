import { useGraphiQL, useGraphiQLActions, type GraphiQLPlugin } from '@graphiql/react';
import { examples, parties, type Example } from '../src/pages/examples/index.ts';

/** The saved examples, by party; each opens in a tab of its own. */
function Examples() {
  const actions = useGraphiQLActions();
  const tabs = useGraphiQL((state) => state.tabs);
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);

  const open = ({ document, variables }: Example) => {
    const known = tabs.findIndex(({ query }) => query === document);
    if (known >= 0) {
      actions.changeTab(known);
      return;
    }
    actions.addTab();
    const shown = variables === undefined ? '' : JSON.stringify(variables, undefined, 2);
    queryEditor?.setValue(document);
    variableEditor?.setValue(shown);
    actions.updateActiveTabValues({ query: document, variables: shown });
  };
  return (
    <section className="examples" aria-label="Examples">
      <h2>Examples</h2>
      <p>
        What each party asks and does. Those with variables need yours: certificates, car and contract ids.
      </p>
      {Object.entries(parties).map(([party, name]) => (
        <section key={party}>
          <h3>{name}</h3>
          <ul>
            {examples
              .filter((example) => example.party === party)
              .map((example) => (
                <li key={example.title}>
                  <button
                    type="button"
                    onClick={() => {
                      open(example);
                    }}
                  >
                    {example.title}
                  </button>
                </li>
              ))}
          </ul>
        </section>
      ))}
    </section>
  );
}

/** GraphiQL's pane with the saved examples. */
export const examplesPlugin: GraphiQLPlugin = {
  title: 'Examples',
  icon: () => (
    <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M4 3h12v14H4zM7 7h6M7 10h6M7 13h4" />
    </svg>
  ),
  content: Examples,
};
