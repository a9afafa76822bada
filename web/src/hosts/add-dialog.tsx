import { FormGroup, Radio } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import { Choice } from '../templates/dialog/choice.tsx'
import { JoinForm } from './join-form.tsx'
import { SshForm } from './ssh-form.tsx'

/** How a machine becomes a host. */
const ways = ['ssh', 'join'] as const

/** Adds a host: the engine installs it over SSH, or the machine joins by a command that works once. */
export function AddHost({ clusterId, onClose }: { clusterId: string; onClose: () => void }) {
  const { t } = useTranslation('hosts')
  const { data: clusters } = useAsk('cluster.list', {})
  const [way, setWay] = useState<(typeof ways)[number]>('ssh')
  const [chosen, setChosen] = useState(clusterId)
  const cluster = chosen === '' ? (clusters?.[0]?.id ?? '') : chosen
  const head = (
    <>
      <FormGroup role="radiogroup" fieldId="host-way" label={t('add.way')}>
        {ways.map(one => (
          <Radio
            key={one}
            id={`host-way-${one}`}
            name="host-way"
            label={t(`add.ways.${one}.name`)}
            description={t(`add.ways.${one}.body`)}
            isChecked={way === one}
            onChange={() => setWay(one)}
          />
        ))}
      </FormGroup>
      {clusters !== undefined && clusters.length > 1 ? (
        <Choice
          id="host-cluster"
          label={t('column.cluster')}
          value={cluster}
          onChange={setChosen}
          options={clusters.map(({ id, name }) => ({ value: id, label: name }))}
        />
      ) : null}
    </>
  )
  return way === 'ssh' ? (
    <SshForm clusterId={cluster} head={head} onClose={onClose} />
  ) : (
    <JoinForm clusterId={cluster} head={head} onClose={onClose} />
  )
}
