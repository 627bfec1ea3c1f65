// Django's ORM, with the a-prefixed terminals, lazy query sets, cache, mail and storage; Tortoise ORM beside it.
import type { Library } from './library.ts'

const lazy =
  'all filter exclude order_by annotate select_related prefetch_related distinct values values_list only defer using none reverse select_for_update extra union intersection difference alias complex_filter dates datetimes raw'
const terminals = 'count exists update delete bulk_create bulk_update in_bulk aggregate explain contains'
const items = 'get first last latest earliest create get_or_create update_or_create'
const many = terminals
  .split(' ')
  .map((name) => `a${name}`)
  .join(' ')

/** Django and Tortoise. A query set is lazy: only its terminals, iteration, len, bool and indexing reach the database. */
export const django: Library = {
  name: 'django',
  functions: {
    'django.shortcuts.get_object_or_404 django.shortcuts.get_list_or_404': 'database',
    'django.shortcuts.aget_object_or_404 django.shortcuts.aget_list_or_404': 'async',
    'django.db.transaction.atomic': '',
    'django.core.mail.send_mail django.core.mail.send_mass_mail django.core.mail.mail_admins django.core.mail.mail_managers':
      'network',
    'django.contrib.auth.authenticate django.contrib.auth.login django.contrib.auth.logout': 'database',
    'django.contrib.auth.aauthenticate django.contrib.auth.alogin django.contrib.auth.alogout': 'async',
    'django.core.management.call_command': 'wait',
    'asgiref.sync.sync_to_async asgiref.sync.SyncToAsync channels.db.database_sync_to_async':
      'offload -> callable[awaitable[first()]]',
    'asgiref.sync.async_to_sync asgiref.sync.AsyncToSync': '-> callable[first()]',
    'django.contrib.auth.get_user_model': '-> class django.contrib.auth.models.AbstractUser',
  },
  classes: {
    'django.db.models.Manager': {
      also: 'django.db.models.manager.Manager django.db.models.manager.BaseManager django.contrib.auth.models.UserManager django.contrib.auth.models.BaseUserManager django.contrib.auth.base_user.BaseUserManager polymorphic.managers.PolymorphicManager model_utils.managers.InheritanceManager',
      bases: 'django.db.models.QuerySet',
      does: { get_queryset: '-> django.db.models.QuerySet[item]', 'create_user create_superuser': 'database -> item' },
    },
    'django.db.models.QuerySet': {
      also: 'django.db.models.query.QuerySet polymorphic.query.PolymorphicQuerySet model_utils.managers.InheritanceQuerySet mptt.querysets.TreeQuerySet',
      does: {
        [lazy]: '-> django.db.models.QuerySet[item]',
        [terminals]: 'database',
        [items]: 'database -> item',
        iterator: '-> iter[item]',
        [many]: 'async',
        'aget afirst alast alatest aearliest acreate': 'async -> item',
        'aget_or_create aupdate_or_create': 'async',
        aiterator: '-> aiter[item]',
        as_manager: '-> django.db.models.Manager',
        from_queryset: '',
        __iter__: 'database -> item',
        __aiter__: 'async -> item',
        '__len__ __bool__ __contains__': 'database',
        __getitem__: 'database -> item',
      },
    },
    // `order.lines.all()` may have been prefetched: iterating over it, or counting it, then costs nothing.
    'django.db.models.RelatedManager': {
      also: 'django.db.models.manager.RelatedManager django.db.models.fields.related_descriptors.RelatedManager django_stubs_ext.db.models.manager.RelatedManager',
      bases: 'django.db.models.Manager',
      does: {
        all: '-> django.db.models.RelatedQuerySet[item]',
        'add remove set clear': 'database',
        'aadd aremove aset aclear': 'async',
        '__iter__ __len__': '',
      },
    },
    'django.db.models.RelatedQuerySet': {
      bases: 'django.db.models.QuerySet',
      does: {
        __iter__: '-> iter[item]',
        '__len__ __bool__ __contains__ count exists': '',
        __getitem__: '-> item',
        all: '-> self',
      },
    },
    'django.db.models.Model': {
      also: 'django.db.models.base.Model django.contrib.gis.db.models.Model polymorphic.models.PolymorphicModel mptt.models.MPTTModel model_utils.models.TimeStampedModel',
      does: {
        'save delete refresh_from_db full_clean validate_unique save_base': 'database',
        'asave adelete arefresh_from_db': 'async',
      },
      has: { 'objects _default_manager _base_manager': 'django.db.models.Manager[made]' },
    },
    'django.contrib.auth.models.AbstractUser': {
      also: 'django.contrib.auth.models.User django.contrib.auth.models.Group django.contrib.auth.models.Permission django.contrib.auth.models.AbstractBaseUser django.contrib.auth.base_user.AbstractBaseUser django.contrib.sites.models.Site django.contrib.contenttypes.models.ContentType django_celery_beat.models.PeriodicTask',
      bases: 'django.db.models.Model',
      does: {
        'has_perm has_perms has_module_perms get_all_permissions': 'database',
        'check_password set_password': 'cpu',
      },
    },
    'django.db.backends.base.base.BaseDatabaseWrapper': {
      does: { cursor: '-> django.db.Cursor', 'commit rollback connect ensure_connection': 'database' },
    },
    'django.db.Cursor': {
      also: 'django.db.backends.utils.CursorWrapper',
      does: {
        'execute executemany callproc': 'database',
        'fetchone fetchall fetchmany': 'database',
        __enter__: '-> self',
      },
    },
    'django.core.cache.Cache': {
      also: 'django.core.cache.backends.base.BaseCache',
      does: {
        'get set add delete get_many set_many delete_many incr decr get_or_set touch clear has_key': 'network',
        'aget aset aadd adelete aget_many aset_many aincr adecr aget_or_set aclear': 'async',
      },
    },
    'django.core.mail.EmailMessage': { also: 'django.core.mail.EmailMultiAlternatives', does: { send: 'network' } },
    'django.core.files.storage.Storage': {
      also: 'django.core.files.storage.FileSystemStorage django.core.files.storage.base.Storage',
      does: { 'save delete exists listdir size': 'file', open: 'file -> io.TextIOWrapper' },
    },
    'django.db.models.fields.files.FieldFile': { does: { 'save delete': 'file', open: 'file -> io.TextIOWrapper' } },
    'django.contrib.sessions.backends.base.SessionBase': {
      also: 'django.contrib.sessions.backends.db.SessionStore',
      does: {
        'save load create delete exists flush': 'database',
        'asave aload acreate adelete aexists aflush': 'async',
      },
    },
    'tortoise.models.Model': {
      also: 'tortoise.Model',
      does: {
        'get get_or_none first create get_or_create update_or_create bulk_create save delete refresh_from_db exists fetch_related':
          'async -> made',
        'filter all exclude annotate': '-> tortoise.queryset.QuerySet',
      },
    },
    'tortoise.queryset.QuerySet': {
      does: {
        'filter exclude order_by annotate limit offset prefetch_related select_related distinct using_db values values_list only':
          '-> self',
        'get first count exists delete update get_or_none all': 'async',
      },
    },
  },
}
