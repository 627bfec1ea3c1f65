// Django: models with related fields, and managers that know their model.
import type { Framework } from './framework.ts'

export const django: Framework = {
  models: ['django.db.models.Model', 'django.contrib.auth.models.AbstractUser'],
  managers: ['django.db.models.Manager', 'django.db.models.QuerySet'],
  fields: {
    FileField: { gives: 'django.db.models.fields.files.FieldFile' },
    ImageField: { gives: 'django.db.models.fields.files.FieldFile' },
    ForeignKey: { relates: 'one' },
    OneToOneField: { relates: 'one' },
    ManyToManyField: { relates: 'many' },
  },
  reverseSuffix: '_set',
  reverseKeyword: 'related_name',
  relatedManager: 'django.db.models.RelatedManager',
}
