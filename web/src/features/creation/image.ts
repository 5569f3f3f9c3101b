// What may be an image's name: the server's own rule, so that a slip shows while typing.

const PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const REGISTRY = /^(?!-)[A-Za-z0-9-]+(?:\.(?!-)[A-Za-z0-9-]+)*(?::\d{1,5})?$/
const REST = /^(?<path>.*?)(?<tag>:[\w][\w.-]{0,127})?(?<digest>@sha256:[0-9a-f]{64})?$/

export function imageError(name: string): string | null {
  const wrong = 'This is no name of an image: [registry[:port]/]name[:tag][@sha256:digest], in small letters.'
  const { path = '' } = REST.exec(name)?.groups ?? {}
  const parts = path.split('/')
  const [first = ''] = parts
  const hasRegistry = parts.length > 1 && (/[.:]/.test(first) || first === 'localhost')
  const fits = name.length <= 255 && (!hasRegistry || REGISTRY.test(first)) && parts.slice(hasRegistry ? 1 : 0).every((part) => PART.test(part))
  return fits ? null : wrong
}
