// Has the server hash the whole audit log anew, and says whether it is as it was written.
import { useMutation } from '@tanstack/react-query'
import { ShieldCheck } from 'lucide-react'
import { client, unwrap } from '../../api/client'
import { describe } from '../../api/problem'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { FormError } from '../../ui/FormError'
import { Fact, Facts } from '../sessions/Facts'

export function VerifyButton() {
  const verify = useMutation({ mutationFn: () => unwrap(client.GET('/api/audit/verification')) })
  const { data } = verify
  return (
    <>
      <Button size="small" disabled={verify.isPending} onClick={() => verify.mutate()}>
        <ShieldCheck size={13} /> {verify.isPending ? 'Verifying…' : 'Verify'}
      </Button>
      {(data !== undefined || verify.isError) && (
        <Dialog
          title={title(data?.ok)}
          description="Every entry holds the hash of the one before. A change, a gap or a missing end breaks the chain."
          onClose={() => verify.reset()}
        >
          <div className="mt-4 space-y-4">
            {verify.isError && <FormError>{describe(verify.error)}</FormError>}
            {data?.fault != null && (
              <FormError>
                Entry {data.fault.seq}: {data.fault.what}
              </FormError>
            )}
            {data !== undefined && (
              <Facts>
                <Fact name="Entries that fit">{data.checked}</Fact>
                <Fact name="Latest">{data.head}</Fact>
                <Fact name="Its hash" mono="yes">
                  {data.hash}
                </Fact>
              </Facts>
            )}
          </div>
        </Dialog>
      )}
    </>
  )
}

function title(ok: boolean | undefined): string {
  if (ok === undefined) return 'The log could not be verified'
  return ok ? 'The log is whole' : 'The log is not as it was written'
}
