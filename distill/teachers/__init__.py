"""Teachers: who writes the text that experts learn from."""

from distill.teachers.labelling import label_datasets
from distill.teachers.opening import ORACLE, open_teacher
from distill.teachers.oracle import OracleTeacher
from distill.teachers.teacher import Teacher, TeacherError

__all__ = ["ORACLE", "OracleTeacher", "Teacher", "TeacherError", "label_datasets", "open_teacher"]
