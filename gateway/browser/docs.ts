import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';
import 'swagger-ui-dist/swagger-ui.css';

/** What this page changes of the OpenAPI document. */
interface Document {
  servers: readonly { readonly url: string }[];
  components: {
    securitySchemes: Record<string, { flows?: { clientCredentials?: { tokenUrl: string } } }>;
  };
}

/**
 * The document as it was served, but for where it says that the installation is: this page may talk to its own address
 * only, and that may be another one than the public one.
 */
async function readDocument(): Promise<Document> {
  const response = await fetch('docs/opcp.openapi.json');
  if (!response.ok) throw new Error(`The OpenAPI document cannot be read: HTTP ${response.status}`);
  const document = (await response.json()) as Document;
  const here = new URL('.', location.href).href.replace(/\/$/, '');
  document.servers = [{ url: here }];
  for (const { flows } of Object.values(document.components.securitySchemes)) {
    if (flows?.clientCredentials !== undefined) flows.clientCredentials.tokenUrl = `${here}/oauth/token`;
  }
  return document;
}

try {
  SwaggerUI({
    spec: await readDocument(),
    dom_id: '#page',
    deepLinking: true,
    displayRequestDuration: true,
    // A token is gone with the page.
    persistAuthorization: false,
    // Would be shown by a service of others.
    validatorUrl: null,
  });
} catch (error) {
  document.body.append(error instanceof Error ? error.message : String(error));
}
