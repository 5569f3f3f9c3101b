// What the working directory begins with: nothing, a repository that is cloned into it, or a working tree of another session's.
import type { ServerConfig } from '../../api/types'
import { Segments } from '../../ui/Segments'
import { KeyFields } from './KeyFields'
import { Switch } from '../../ui/Switch'
import { TextField } from '../../ui/Field'
import type { FieldsProps } from './fields'
import { hasWorktree } from './worktree'
import { WorktreeFields } from './WorktreeFields'

export function RepositoryFields(props: FieldsProps & { config: ServerConfig }) {
  const { form, errors, onChange } = props
  return (
    <>
      {form.runtime === 'host' && (
        <Segments
          label="The directory begins with"
          value={form.source}
          onChange={(source) => onChange({ source })}
          choices={[
            { value: 'address', label: 'A clone, or nothing' },
            { value: 'session', label: 'A working tree of a session' },
          ]}
        />
      )}
      {hasWorktree(form) ? <WorktreeFields {...props} /> : <CloneFields {...props} />}
      <div className="grid grid-cols-1 gap-5 sm:grid-cols-2">
        <TextField label="Your name in commits" name="gitUserName" autoComplete="off" value={form.gitUserName} error={errors['gitUserName']} onChange={(event) => onChange({ gitUserName: event.target.value })} />
        <TextField label="Your e-mail in commits" name="gitUserEmail" type="email" autoComplete="off" value={form.gitUserEmail} error={errors['gitUserEmail']} onChange={(event) => onChange({ gitUserEmail: event.target.value })} />
      </div>
    </>
  )
}

function CloneFields({ form, errors, onChange }: FieldsProps) {
  return (
    <>
      <TextField
        label="Address (optional)"
        name="repoUrl"
        mono
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        placeholder="https://git.example.org/team/project.git"
        value={form.repoUrl}
        error={errors['repoUrl']}
        hint="https://, ssh:// or user@host:path, without a password or a token. It is cloned into the empty working directory."
        onChange={(event) => {
          const repoUrl = event.target.value.trim()
          // Without a repository there is no host that could be the only one.
          onChange({ repoUrl, ...(repoUrl === '' && form.network === 'git' ? { network: 'none' as const } : {}) })
        }}
      />
      {form.repoUrl !== '' && (
        <>
          <div className="grid grid-cols-1 gap-5 sm:grid-cols-2">
            <TextField
              label="Branch or tag"
              name="branch"
              mono
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              placeholder="the usual one"
              value={form.branch}
              error={errors['branch']}
              onChange={(event) => onChange({ branch: event.target.value.trim() })}
            />
            <TextField
              label="Commits of history"
              name="cloneDepth"
              inputMode="numeric"
              autoComplete="off"
              placeholder="all"
              value={form.cloneDepth}
              error={errors['cloneDepth']}
              onChange={(event) => onChange({ cloneDepth: event.target.value.trim() })}
            />
          </div>
          <KeyFields form={form} errors={errors} onChange={onChange} />
          <Switch
            label="Submodules"
            hint="Fetches the repositories inside it, too."
            checked={form.cloneSubmodules}
            onChange={(cloneSubmodules) => onChange({ cloneSubmodules })}
          />
        </>
      )}
    </>
  )
}
