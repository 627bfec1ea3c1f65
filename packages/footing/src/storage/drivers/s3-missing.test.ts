import { expect, test, vi } from 'vitest'
import { openStorage } from '../open-storage.ts'

vi.mock('@aws-sdk/client-s3', () => {
  throw new Error('Cannot find package')
})

test('without the client the first call says what to install, and which setting avoids it', async () => {
  const storage = openStorage({ url: 's3://key:secret@bucket-1?region=eu-1' })
  await expect(storage.head('a')).rejects.toMatchObject({
    code: 'storage-driver-missing',
    remedy: expect.stringMatching(/npm install @aws-sdk\/client-s3.*STORAGE_URL=file:/),
  })
  await storage.close()
})
