/** Why a tool does not answer. Told to the model as an error of the tool, so that it can mend its call: `detail` names the field and says what to do. */
export class ToolRefusal extends Error {
  override readonly name = 'ToolRefusal'
  readonly code: string

  constructor(code: string, detail: string) {
    super(detail)
    this.code = code
  }
}
