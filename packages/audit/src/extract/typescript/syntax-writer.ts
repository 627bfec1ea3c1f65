// What every part of the TypeScript reader writes with: positions, names and the nodes that have no children.
import { Flag, Kind, NO_VALUE } from '../../facts/contract.ts'
import type { StringPool } from '../../facts/string-pool.ts'
import { TreeWriter } from '../../facts/tree-writer.ts'

/** Anything with a place in the source. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Nesting beyond which a file is named and not read: it keeps hostile input off the call stack. */
const MAX_NESTING = 1_000
/** Texts are remembered up to this many, then forgotten together. */
const MAX_REMEMBERED = 100_000
const MAX_TEXT = 16_384

/** Writes nodes of one source after the other. */
export class SyntaxWriter extends TreeWriter {
  #starts = new Int32Array(1024)
  #lineCount = 1
  /** Line of the last position asked for, 0-based: most questions are about the same line or the next. */
  #near = 0
  #depth = 0
  readonly #numbers = new Map<string, number>()
  /** Names that the file uses as values. */
  protected readonly valueNames = new Set<string>()

  constructor(pool: StringPool) {
    super(pool)
    this.begin()
  }

  /** Starts a source. */
  protected open(text: string): void {
    this.begin()
    this.#depth = 0
    this.#near = 0
    this.valueNames.clear()
    if (this.#numbers.size > MAX_REMEMBERED) this.#numbers.clear()
    let count = 1
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
      if (count === this.#starts.length) {
        const larger = new Int32Array(count * 2)
        larger.set(this.#starts)
        this.#starts = larger
      }
      this.#starts[count++] = at + 1
    }
    this.#lineCount = count
  }

  /** Number of lines; a newline at the end begins none. */
  protected lineTotal(text: string): number {
    return text === '' ? 0 : text.endsWith('\n') ? this.#lineCount - 1 : this.#lineCount
  }

  /** 1-based line of an offset. */
  protected lineAtOffset(offset: number): number {
    const starts = this.#starts
    let line = this.#near
    if (offset < starts[line]! || (line + 8 < this.#lineCount && offset >= starts[line + 8]!)) {
      let low = 0
      let high = this.#lineCount - 1
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if (starts[middle]! <= offset) low = middle
        else high = middle - 1
      }
      line = low
    } else while (line + 1 < this.#lineCount && starts[line + 1]! <= offset) line++
    this.#near = line
    return line + 1
  }

  /** The file's number of a text; longer ones are cut. */
  protected string(text: string): number {
    let id = this.#numbers.get(text)
    if (id === undefined) {
      id = this.pool.internText(text)
      this.#numbers.set(text, id)
    }
    return this.local(id)
  }

  /** Writes a node whose children are everything since `mark`. */
  protected node(kind: number, flags: number, { start }: Pick<Span, 'start'>, value: number, mark: number): void {
    const line = this.lineAtOffset(start)
    this.emit(kind, flags, line, start - this.#starts[line - 1]!, value, mark)
  }

  /** Writes a node without children. */
  protected leaf(kind: number, flags: number, span: Span, value: number = NO_VALUE): void {
    this.node(kind, flags, span, value, this.mark())
  }

  /** A name that is read as a value. */
  protected readName(name: string, span: Span): void {
    this.valueNames.add(name)
    this.leaf(Kind.Name, 0, span, this.string(name))
  }

  /** A name that is assigned. */
  protected storeName(name: string, span: Span): void {
    this.leaf(Kind.Name, Flag.STORE, span, this.string(name))
  }

  /** A string constant, cut when it is very long. */
  protected text(value: string, span: Span): void {
    const cut = value.length > MAX_TEXT
    this.leaf(Kind.String, cut ? Flag.CUT : 0, span, this.string(cut ? value.slice(0, MAX_TEXT) : value))
  }

  /** Runs a reader one level deeper. @throws RangeError for what nests too deeply */
  protected nested(read: () => void): void {
    this.deeper()
    read()
    this.shallower()
  }

  protected deeper(): void {
    if (++this.#depth > MAX_NESTING) throw new RangeError('nested too deeply')
  }

  protected shallower(): void {
    this.#depth--
  }
}
