/** What goes wrong with a host from its boot on. */
export interface BootFaults {
  /** How long the host is silent before it does anything, milliseconds. Without 'namespaces' it refuses meanwhile. @defaultValue 0 */
  readonly delayMs?: number;
  /** `closed`: connections are refused for ever. `silent`: they are accepted, and nobody greets. @defaultValue 'open' */
  readonly ssh?: 'open' | 'closed' | 'silent';
  /** The host keeps a key of its own and not those of its user data. @defaultValue false */
  readonly ownHostKey?: boolean;
  /** How far the clock of Node programs in sessions is ahead, milliseconds. @defaultValue 0 */
  readonly clockOffsetMs?: number;
}
