// A working tree of another session's repository: which, on which branch, with which files that git ignores, and what is run in it first.
import { useQuery } from '@tanstack/react-query'
import { sessionsQuery } from '../../api/queries'
import type { ServerConfig, Session } from '../../api/types'
import { SelectField, TextArea, TextField } from '../../ui/Field'
import type { FieldsProps } from './fields'
import { usualBranch } from './worktree'

export function WorktreeFields({ form, config, errors, onChange }: FieldsProps & { config: ServerConfig }) {
  const { data: sessions } = useQuery(sessionsQuery)
  const offered = (sessions ?? []).filter((session) => mayShare(session, config))
  return (
    <>
      <SelectField
        label="Session whose repository it is"
        name="worktree.of"
        value={form.worktreeOf}
        error={errors['worktree.of']}
        hint="It begins where that session’s last commit stands; what is not committed there stays there."
        onChange={(event) => onChange({ worktreeOf: event.target.value })}
      >
        <option value="">{offered.length === 0 ? 'You have no session on this machine' : 'Choose one'}</option>
        {offered.map((session) => (
          <option key={session.id} value={session.id}>
            {session.name}
            {session.worktree === null ? '' : ` (${session.worktree.branch})`}
          </option>
        ))}
      </SelectField>
      <div className="grid grid-cols-1 gap-5 sm:grid-cols-2">
        <TextField
          label="Branch"
          name="worktree.branch"
          mono
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          placeholder={usualBranch(form.name)}
          value={form.worktreeBranch}
          error={errors['worktree.branch']}
          hint="One that is there is gone on with."
          onChange={(event) => onChange({ worktreeBranch: event.target.value.trim() })}
        />
        <TextField
          label="Begins at"
          name="worktree.from"
          mono
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          placeholder="that session’s commit"
          value={form.worktreeFrom}
          error={errors['worktree.from']}
          hint="A branch, a tag or a commit."
          onChange={(event) => onChange({ worktreeFrom: event.target.value.trim() })}
        />
      </div>
      <TextArea
        label="Ignored files to copy"
        name="worktree.copy"
        mono
        rows={4}
        spellCheck={false}
        value={form.worktreeCopy}
        error={errors['worktree.copy']}
        hint="One pattern in each line, as in a .gitignore. Add node_modules and the like if they are to come too."
        onChange={(event) => onChange({ worktreeCopy: event.target.value })}
      />
      <TextArea
        label="Set-up script (optional)"
        name="worktree.setup"
        mono
        rows={3}
        spellCheck={false}
        placeholder="npm ci"
        value={form.worktreeSetup}
        error={errors['worktree.setup']}
        hint="Runs before the agent starts, in a terminal of its own. If it fails, the session says so and begins all the same."
        onChange={(event) => onChange({ worktreeSetup: event.target.value })}
      />
    </>
  )
}

/** The server decides; this leaves out what it would refuse. */
function mayShare(session: Session, config: ServerConfig): boolean {
  return session.runtime === 'host' && session.owner.id === config.user.id
}
