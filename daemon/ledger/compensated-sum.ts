// A sum of doubles whose error does not grow with the number of terms (Neumaier's form of Kahan's sum). The ledger
// promises that rows and totals agree to 1e-9, also over a million rows of very different size.

export class CompensatedSum {
  #sum = 0;
  #lost = 0;

  get value(): number {
    return this.#sum + this.#lost;
  }

  add(term: number): void {
    const next = this.#sum + term;
    this.#lost += Math.abs(this.#sum) >= Math.abs(term) ? this.#sum - next + term : term - next + this.#sum;
    this.#sum = next;
  }
}
