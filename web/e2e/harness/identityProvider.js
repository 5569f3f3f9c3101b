// A real identity provider on loopback: the certified `oidc-provider`, with accounts and groups that the test hands in, and two
// bare pages for login and consent. It is `localhost` while the server under test is `127.0.0.1`: to a browser another site.
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

const CLIENT = 'longhouse'
const SECRET = 'a secret+with/signs'

export class IdentityProvider {
  issuer
  /** The groups of each person, by name. Whoever is not in it cannot log in. */
  groups
  #http

  static async start(groups) {
    const provider = new IdentityProvider()
    provider.groups = groups
    provider.#http = createServer().listen(0, '127.0.0.1')
    await once(provider.#http, 'listening')
    provider.issuer = `http://localhost:${provider.#http.address().port}`
    const oidc = new Provider(provider.issuer, provider.#configuration())
    const answer = oidc.callback()
    provider.#http.on('request', (request, response) => {
      if (!request.url.startsWith('/interaction/')) return answer(request, response)
      interact(oidc, request, response).catch((error) => response.writeHead(500).end(String(error)))
    })
    return provider
  }

  /** The lines of `longhouse.toml` that name it `[oidc.corp]`, and the environment that they need. */
  settings(lines = '') {
    const toml = `[oidc.corp]
name = "Example Corp"
issuer = "${this.issuer}"
client_id = "${CLIENT}"
client_secret_env = "CORP_SECRET"
scopes = ["profile", "groups"]
${lines}
`
    return { toml, env: { CORP_SECRET: SECRET } }
  }

  #configuration() {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const client = {
      client_id: CLIENT,
      client_secret: SECRET,
      // The server's port is not known yet, and a native client may have any on loopback.
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1/api/auth/oidc/corp/callback'],
    }
    return {
      clients: [client],
      jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'first' }] },
      cookies: { keys: ['the cookies of a test'] },
      claims: { openid: ['sub'], profile: ['preferred_username'], groups: ['groups'] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
      ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
      findAccount: (_, name) =>
        name in this.groups
          ? { accountId: name, claims: () => ({ sub: `subject of ${name}`, preferred_username: name, groups: this.groups[name] }) }
          : undefined,
    }
  }

  async close() {
    if (!this.#http.listening) return
    this.#http.close()
    this.#http.closeAllConnections()
    await once(this.#http, 'close')
  }
}

async function interact(oidc, request, response) {
  const interaction = await oidc.interactionDetails(request, response)
  const { name } = interaction.prompt
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'text/html' }).end(page(name))
    return
  }
  let body = ''
  for await (const text of request.setEncoding('utf8')) body += text
  const form = new URLSearchParams(body)
  const result = form.has('cancel') ? { error: 'access_denied' } : await outcome(oidc, interaction, form)
  await oidc.interactionFinished(request, response, result)
}

async function outcome(oidc, { prompt, params, session, grantId }, form) {
  if (prompt.name === 'login') return { login: { accountId: form.get('name') } }
  // What another tab was allowed already stays allowed: a new grant would hold only what is missing in the old one.
  const grant = (grantId && (await oidc.Grant.find(grantId))) ?? new oidc.Grant({ accountId: session.accountId, clientId: params.client_id })
  grant.addOIDCScope(prompt.details.missingOIDCScope?.join(' ') ?? '')
  return { consent: { grantId: await grant.save() } }
}

const page = (prompt) => `<!doctype html><html lang="en"><title>Example Corp</title><link rel="icon" href="data:,">
<form method="post">
${prompt === 'login' ? '<label>Name <input name="name"></label><button>Continue</button>' : '<button>Allow</button>'}
<button name="cancel" value="yes">Cancel</button>
</form></html>`
