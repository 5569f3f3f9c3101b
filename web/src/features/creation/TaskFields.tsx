// How the agent works: with a person in its terminal, or alone through one task.
import type { AgentInfo } from '../../api/types'
import { TextArea } from '../../ui/Field'
import { Segments } from '../../ui/Segments'
import { ErrorText } from './ErrorText'
import type { FieldsProps } from './fields'

export function TaskFields({ form, errors, onChange, agent }: FieldsProps & { agent: AgentInfo | undefined }) {
  const autonomous = form.mode === 'autonomous'
  return (
    <>
      <div>
        <Segments
          label="Mode"
          value={form.mode}
          onChange={(mode) => onChange({ mode })}
          choices={[
            { value: 'interactive', label: 'Interactive' },
            ...(agent?.autonomous === false ? [] : [{ value: 'autonomous' as const, label: 'Autonomous' }]),
          ]}
        />
        <p className="mt-1.5 text-xs text-faint">
          {autonomous ? 'The agent works through the task alone; the run ends with its exit code and stays readable.' : 'You talk to the agent in its terminal.'}
        </p>
        <ErrorText>{errors['mode']}</ErrorText>
      </div>
      <TextArea
        label={autonomous ? 'Task' : 'First message (optional)'}
        name="prompt"
        value={form.prompt}
        error={errors['prompt']}
        onChange={(event) => onChange({ prompt: event.target.value })}
        placeholder={autonomous ? 'What the agent does from beginning to end' : 'What the agent is told when it starts'}
      />
    </>
  )
}
