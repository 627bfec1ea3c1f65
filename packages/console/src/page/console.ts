// The script of the page: listens to the state, draws the sections that changed, and answers the keyboard.
import type { ConsoleState } from '../state.ts'
import { callTable, databaseFacts, moduleCards, requestTable, routeTable, tiles } from './sections.ts'

let latest: ConsoleState | undefined
let paused = false
const drawn = new Map<string, string>()

function part(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no #${id}`)
  return found
}

const filter = part('filter') as HTMLInputElement // the page's only input

// A section is drawn again only when what it shows has changed, so that selections and scrolling survive.
function draw(id: string, shows: unknown, content: () => readonly Node[]): void {
  const key = JSON.stringify(shows)
  if (drawn.get(id) === key) return
  drawn.set(id, key)
  const place = part(id)
  const { scrollTop, scrollLeft } = place
  place.replaceChildren(...content())
  place.scrollTo({ top: scrollTop, left: scrollLeft, behavior: 'instant' })
}

function show(state: ConsoleState): void {
  document.title = `${state.name} · Footing console`
  part('name').textContent = state.name
  setStatus(state.status)
  const fault = part('fault')
  fault.hidden = state.fault === undefined
  fault.textContent = state.fault ?? ''
  const { calls, traffic, routes, database } = state
  draw('tiles', [traffic, calls, database?.healthy, state.links, state.restarts, routes.length], () => tiles(state))
  draw('module-cards', state.modules, () => moduleCards(state.modules))
  draw('call-table', calls, () => [callTable(state)])
  draw('request-table', state.recent, () => [requestTable(state.recent)])
  draw('route-table', [routes, traffic, filter.value], () => [routeTable(state, filter.value)])
  draw('database-facts', database ?? null, () => databaseFacts(state))
  part('versions').textContent = `${state.versions} · loopback only, nothing leaves this machine`
}

function setStatus(status: string): void {
  const place = part('status')
  if (place.textContent === status) return
  place.textContent = status
  place.dataset.state = status
}

function redraw(): void {
  if (latest !== undefined && !paused) show(latest)
}

function togglePause(): void {
  paused = !paused
  part('pause').setAttribute('aria-pressed', String(paused))
  redraw()
}

function toggleTheme(): void {
  const root = document.documentElement
  const dark = root.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')
  root.dataset.theme = dark === 'dark' ? 'light' : 'dark'
}

const sections = ['modules', 'calls', 'requests', 'routes', 'database']

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.target === filter) {
    if (event.key === 'Escape') filter.blur()
    return
  }
  const section = sections[Number(event.key) - 1]
  if (section !== undefined) {
    const place = part(section)
    place.scrollIntoView()
    place.focus({ preventScroll: true })
  } else if (event.key === 'p') togglePause()
  else if (event.key === 't') toggleTheme()
  else if (event.key === '/') {
    event.preventDefault()
    filter.focus()
  }
}

const events = new EventSource('/events')
events.addEventListener('message', (event: MessageEvent<string>) => {
  // Our own server writes this event; its shape is ConsoleState.
  latest = JSON.parse(event.data) as ConsoleState
  redraw()
})
events.addEventListener('error', () => {
  setStatus('lost')
})
part('pause').addEventListener('click', togglePause)
part('theme').addEventListener('click', toggleTheme)
filter.addEventListener('input', redraw)
document.addEventListener('keydown', onKey)
